import { expect, test } from "vitest";
import { createSegue, type Segue } from "../../src/index.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";

const SCHEMA = `
create table accounts (id int primary key, username text, region text);
create index accounts_region on accounts (region);
create table regions (code text primary key);`;

const SEARCH = {
  "1_search.yaml": "operations: [create_index: { table: accounts, columns: [username], name: accounts_search }]",
};

async function accounts(
  major: number,
  files: Readonly<Record<string, string>>,
): Promise<{ database: TestDatabase; segue: Segue }> {
  const database = await testDatabase({ script: SCHEMA, major });
  const plans = await planFolder(files);
  return { database, segue: createSegue({ url: database.url, plans, cwd: plans, env: {} }) };
}

test.each(MAJORS)(
  "an index of somebody else's with the plan's name is neither taken nor dropped, on %i",
  async (major) => {
    const { database, segue } = await accounts(major, SEARCH);
    await segue.expand("search");
    await database.query("create index accounts_search on regions (code)");
    await expect(segue.backfill("search")).rejects.toMatchObject({ code: "SEG0401", object: "public.accounts_search" });
    await expect(segue.resume("search")).rejects.toMatchObject({ code: "SEG0401" });
    await segue.reverse("search");
    expect(await database.query("select pg_get_indexdef('accounts_search'::regclass) as definition")).toEqual([
      { definition: "CREATE INDEX accounts_search ON public.regions USING btree (code)" },
    ]);
    await database.query("drop index accounts_search");
    expect(await segue.up(["search"])).toMatchObject([{ state: "completed" }]);
  },
);

test.each(MAJORS)("IF NOT EXISTS of a plan in SQL takes the index that stands, on %i", async (major) => {
  const { segue } = await accounts(major, {
    "1_sure.up.sql": "create index concurrently if not exists accounts_region on accounts (region);",
    "2_taken.up.sql": "create index concurrently accounts_region on accounts (region);",
  });
  expect(await segue.up(["sure"])).toMatchObject([{ state: "completed" }]);
  await expect(segue.up(["taken"])).rejects.toMatchObject({ code: "SEG0401" });
});
