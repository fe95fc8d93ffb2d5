import { expect, onTestFinished, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { openSession } from "../../src/postgres/session.ts";
import { MAJORS, type TestDatabase } from "../support/postgres.ts";
import { centsOf, fillContext, paymentsDatabase, slowly, WRONG } from "./fill-database.ts";

const ROWS = 3_000;
const FILL = centsOf("payments", { syncTrigger: "zzz_sync" });

/** Payments with a sync that counts its calls. */
async function countedPayments(major: number, also = ""): Promise<TestDatabase> {
  const database = await paymentsDatabase(ROWS, { major });
  await database.query(`
    CREATE SEQUENCE calls; CREATE SEQUENCE fired;
    CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('calls'); RETURN NEW; END $$;
    CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('fired'); RETURN NEW; END $$;
    DROP TRIGGER zzz_sync ON payments;
    CREATE TRIGGER zzz_sync BEFORE INSERT OR UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION counted();
    ${also}`);
  return database;
}

const count = async (database: TestDatabase, sequence: string): Promise<number> => {
  const [row] = await database.query<{ n: number }>(
    `SELECT CASE WHEN is_called THEN last_value ELSE 0 END::int AS n FROM ${sequence}`,
  );
  return row?.n ?? Number.NaN;
};

const CASES: [what: string, ddl: string, calls: number][] = [
  ["nothing else", "", 0],
  [
    "a foreign key of another column",
    "CREATE TABLE customers (id int PRIMARY KEY); INSERT INTO customers SELECT DISTINCT customer FROM payments; ALTER TABLE payments ADD FOREIGN KEY (customer) REFERENCES customers",
    0,
  ],
  [
    "a disabled trigger",
    "CREATE TRIGGER a AFTER UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION fired(); ALTER TABLE payments DISABLE TRIGGER a",
    0,
  ],
  [
    "a trigger of the application",
    "CREATE TRIGGER a AFTER UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION fired()",
    ROWS,
  ],
  [
    "a constraint trigger",
    "CREATE CONSTRAINT TRIGGER a AFTER UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION fired()",
    ROWS,
  ],
  ["a deferrable constraint of the filled column", "ALTER TABLE payments ADD UNIQUE (cents, id) DEFERRABLE", ROWS],
  [
    "a rule",
    "CREATE TABLE log (id bigint); CREATE RULE r AS ON DELETE TO payments DO ALSO INSERT INTO log VALUES (OLD.id)",
    ROWS,
  ],
];

test.each(MAJORS.flatMap((major) => CASES.map((one) => [major, ...one] as const)))(
  "PostgreSQL %s: a fill beside %s calls the sync as often as it must",
  async (major, _what, ddl, calls) => {
    const database = await countedPayments(major, ddl);
    expect(await runFill(await fillContext(database), FILL)).toEqual({ rows: ROWS, quarantined: 0 });
    expect(await count(database, "calls")).toBe(calls);
    expect(await count(database, "fired")).toBe(/CREATE (CONSTRAINT )?TRIGGER(?!.*DISABLE)/.test(ddl) ? ROWS : 0);
    expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
  },
);

test.each(MAJORS)("a foreign key of the filled column is checked on PostgreSQL %s", async (major) => {
  const database = await countedPayments(
    major,
    `CREATE TABLE prices (cents bigint PRIMARY KEY); INSERT INTO prices SELECT DISTINCT (amount::numeric * 100)::bigint FROM payments WHERE id <> 7;
     ALTER TABLE payments ADD FOREIGN KEY (cents) REFERENCES prices`,
  );
  expect(await runFill(await fillContext(database), FILL)).toEqual({ rows: ROWS - 1, quarantined: 1 });
  expect(await count(database, "calls")).toBeGreaterThanOrEqual(ROWS);
});

test.each(MAJORS)(
  "a trigger that comes in the middle of a fill fires from its commit on, on PostgreSQL %s",
  async (major) => {
    const database = await countedPayments(major);
    let made: Promise<{ left: number }> | null = null;
    const create = async (): Promise<{ left: number }> => {
      await database.query(`BEGIN; CREATE TRIGGER a AFTER UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION fired();
      CREATE TABLE left_then AS SELECT count(*)::int AS n FROM payments WHERE cents IS NULL; COMMIT`);
      const [row] = await database.query<{ n: number }>("SELECT n FROM left_then");
      return { left: row?.n ?? Number.NaN };
    };
    const context = await fillContext(database, {
      settings: slowly,
      emit: (event) => {
        if (event.type === "progress" && event.rows > 0) made ??= create();
      },
    });
    await runFill(context, FILL);
    const { left } = await made!;
    expect(left).toBeGreaterThan(0);
    expect(await count(database, "fired")).toBe(left);
  },
);

test.each(MAJORS)(
  "a role that may not keep triggers from firing fills all the same, on PostgreSQL %s",
  async (major) => {
    const database = await countedPayments(major);
    const role = `filler_${database.name}`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA segue TO ${role};
    GRANT ALL ON ALL TABLES IN SCHEMA segue TO ${role}; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA segue TO ${role};
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${role}; ALTER TABLE payments OWNER TO ${role}`);
    const session = await openSession({ connectionString: database.url }, { applicationName: "segue/1/1" });
    onTestFinished(() => session.close());
    await session.query(`SET SESSION AUTHORIZATION ${role}`);
    expect(await runFill(await fillContext(database, { session }), FILL)).toEqual({ rows: ROWS, quarantined: 0 });
    expect(await count(database, "calls")).toBe(ROWS);
  },
);

test.each(MAJORS)("a session in which no trigger fires anyway stays as it is, on PostgreSQL %s", async (major) => {
  const database = await countedPayments(
    major,
    "CREATE TRIGGER a AFTER UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION fired()",
  );
  const context = await fillContext(database);
  await context.session.query("SET session_replication_role = replica");
  expect(await runFill(context, FILL)).toEqual({ rows: ROWS, quarantined: 0 });
  expect(await count(database, "fired")).toBe(0);
});
