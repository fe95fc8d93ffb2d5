import { expect, test } from "vitest";
import { createSegue } from "../../src/index.ts";
import { planFolder } from "../support/plan-folder.ts";
import { testDatabase } from "../support/postgres.ts";

const ROWS = 20_000;
/** What is looked at when a process begins with a table, three times at most, and before its first batch. */
const LOOKS = 500;

/** Counts its calls, also of transactions that were rolled back. */
const COUNTED = `create sequence calls;
  create function counted(t text) returns text language plpgsql as $$ begin perform nextval('calls'); return upper(t); end $$;`;

test.each([
  ["each row has a value", "n::text", ROWS],
  // Of those without, the sweep asks once more whether there is one by now.
  ["one row in ten has none", "nullif(n % 10, 3)::text", ROWS],
])("an expression is computed once a row where %s", async (_what, source, calls) => {
  const database = await testDatabase({
    script: `${COUNTED} create table things (id int primary key, a text, note text default repeat('x', 100));
      insert into things select n, ${source} from generate_series(1, ${ROWS}) n`,
  });
  const plan = `expand:
  - add_column: { table: things, column: b, type: text }
  - sync: { table: things, forward: { b: counted(a) } }
backfill:
  - fill: { table: things }
`;
  const segue = createSegue({ url: database.url, plans: await planFolder({ "1_p.yaml": plan }), env: {} });
  await segue.expand("p");
  await segue.backfill("p");
  const [count] = await database.query<{ calls: number }>("select last_value::int as calls from calls");
  expect(await database.query("select from things where b is distinct from upper(a)")).toEqual([]);
  expect(count?.calls).toBeGreaterThanOrEqual(calls);
  expect(count?.calls).toBeLessThanOrEqual(calls + LOOKS);
});
