import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSegue, type SegueEvent, type Segue } from "../../src/index.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";

async function place(settings: string): Promise<{ database: TestDatabase; segue: Segue; events: SegueEvent[] }> {
  const plans = await mkdtemp(join(tmpdir(), "segue-soak-"));
  onTestFinished(() => rm(plans, { recursive: true }));
  const rename = "operations: [{ rename_column: { table: users, from: name, to: nick } }]";
  await writeFile(join(plans, "1_rename.yaml"), `${rename}\nsettings: { contract: { ${settings} } }\n`);
  await writeFile(join(plans, "2_note.yaml"), `operations: [{ sql: { up: "COMMENT ON TABLE users IS 'people'" } }]\n`);
  const database = await testDatabase({ script: "create table users (id int primary key, name text)" });
  const events: SegueEvent[] = [];
  const onEvent = (event: SegueEvent): void => void events.push(event);
  return { database, segue: createSegue({ url: database.url, plans, cwd: plans, env: {}, onEvent }), events };
}

/** The server ends the session that gives the lease back, once. */
const LOSE_CONNECTION = `
create sequence given_back;
create function lose() returns trigger language plpgsql as $$ begin
  if nextval('public.given_back') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
  return old;
end $$;
create trigger lose before delete on segue.lease for each row execute function lose()`;

test("up leaves a plan alone that contracts by itself and soaks, and goes on with the next", async () => {
  const { segue } = await place("auto: true, soak: 1h");
  expect(await segue.up(["rename"])).toMatchObject([{ state: "soaking", changed: true }]);
  expect(await segue.up()).toMatchObject([
    { plan: "1_rename", state: "soaking", changed: false },
    { plan: "2_note", state: "completed" },
  ]);
  await expect(segue.contract("rename")).rejects.toMatchObject({ code: "SEG0303" });
});

test("a contract that loses its connection once it has begun the soak has done its work", async () => {
  const { database, segue, events } = await place("soak: 1h");
  await segue.up(["rename"]);
  await database.query(LOSE_CONNECTION);
  expect(await segue.contract("rename")).toMatchObject({ state: "soaking", changed: true });
  expect(events.filter(({ type }) => type === "reconnecting")).toHaveLength(1);
});
