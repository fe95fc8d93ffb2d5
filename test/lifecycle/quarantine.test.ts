import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSegue, type Segue } from "../../src/index.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";

const SCHEMA = `
  create table orders (id int primary key, size text);
  insert into orders select n, n::text from generate_series(1, 100) n;`;

async function sized(major: number): Promise<{ database: TestDatabase; segue: Segue }> {
  const database = await testDatabase({ major, script: SCHEMA });
  const plans = await mkdtemp(join(tmpdir(), "segue-quarantine-"));
  onTestFinished(() => rm(plans, { recursive: true }));
  await writeFile(
    join(plans, "1_size.yaml"),
    "operations:\n  - change_type: { table: orders, column: size, type: int }\n",
  );
  const segue = createSegue({ url: database.url, plans, cwd: plans, env: {}, settings: { contract: { soak: 0 } } });
  return { database, segue };
}

test.each(MAJORS)("a row that can't be filled holds ready back until it is mended, on PostgreSQL %i", async (major) => {
  const { database, segue } = await sized(major);
  await segue.expand("size");
  await database.query("update orders set size = 'large' where id = 7");
  await expect(segue.backfill("size")).rejects.toMatchObject({ code: "SEG0404" });
  await database.query("update orders set size = '70' where id = 7");
  expect(await segue.resume("size")).toMatchObject([{ state: "ready" }]);
});

test.each(MAJORS)(
  "a write that can't be derived at ready succeeds, and holds the contract back, on %i",
  async (major) => {
    const { database, segue } = await sized(major);
    await segue.up(["size"]);
    await database.query("update orders set size = 'large' where id = 7");
    await expect(segue.contract("size", { yes: true })).rejects.toMatchObject({ code: "SEG0303" });
    await database.query("update orders set size = '70' where id = 7");
    expect(await segue.contract("size", { yes: true })).toMatchObject({ state: "completed" });
    expect(await database.query("select size from orders where id = 7")).toEqual([{ size: 70 }]);
  },
);
