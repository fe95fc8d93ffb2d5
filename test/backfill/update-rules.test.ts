import { expect, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { MAJORS } from "../support/postgres.ts";
import { centsOf, fillContext, paymentsDatabase } from "./fill-database.ts";

const RULES = [
  ["does nothing instead", "CREATE RULE mute AS ON UPDATE TO payments DO INSTEAD NOTHING"],
  [
    "does nothing instead for some rows",
    "CREATE RULE mute AS ON UPDATE TO payments WHERE OLD.id < 50 DO INSTEAD NOTHING",
  ],
  ["does something else as well", "CREATE RULE mute AS ON UPDATE TO payments DO ALSO NOTIFY changed"],
] as const;

test.each(MAJORS.flatMap((major) => RULES.map(([what, rule]) => [major, what, rule] as const)))(
  "PostgreSQL %s: a table with a rule that %s is refused before its first batch",
  async (major, _what, rule) => {
    const database = await paymentsDatabase(1_000, { major });
    await database.query(rule);
    await expect(runFill(await fillContext(database), centsOf("payments"))).rejects.toMatchObject({ code: "SEG0401" });
    expect(await database.query("SELECT count(cents)::int AS filled FROM payments")).toEqual([{ filled: 0 }]);
  },
);

test("rows that a rule keeps from being filled, made in the middle, are not said to be filled", async () => {
  const database = await paymentsDatabase(10_000);
  let filled = false;
  const context = await fillContext(database);
  const { session } = context;
  const send = session.script.bind(session);
  session.script = async (sql) => {
    if (!filled && sql.includes("stripe = 9,")) {
      filled = true;
      await database.query(RULES[0][1]);
    }
    return await send(sql);
  };
  await expect(runFill(context, centsOf("payments"))).rejects.toMatchObject({ code: "SEG0404" });
  expect(filled).toBe(true);
});

test("nor are rows that a trigger keeps as they are", async () => {
  const database = await paymentsDatabase(1_000);
  await database.query(`
    CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id = 7 THEN RETURN NULL; END IF; RETURN NEW; END $$;
    CREATE TRIGGER keep BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION keep()`);
  await expect(runFill(await fillContext(database), centsOf("payments"))).rejects.toMatchObject({
    code: "SEG0404",
    message: expect.stringContaining('such as {"id": 7}') as string,
  });
  await database.query("DROP TRIGGER keep ON payments");
  expect(await runFill(await fillContext(database), centsOf("payments"))).toEqual({ rows: 1_000, quarantined: 0 });
});
