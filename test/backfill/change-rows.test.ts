import { beforeAll, describe, expect, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import type { UndoStep } from "../../src/model/step.ts";
import { loadParser } from "../../src/sql/parser.ts";
import { deleteRowsStep } from "../../src/steps/delete-rows.ts";
import type { Draft } from "../../src/steps/step-kind.ts";
import { updateRowsStep } from "../../src/steps/update-rows.ts";
import { until } from "../support/until.ts";
import { MAJORS, type TestDatabase } from "../support/postgres.ts";
import { lowered, withSession } from "../unit/steps/execute-drafts.ts";
import { fillContext, fillDatabase, slowly, type TestContext } from "./fill-database.ts";

beforeAll(loadParser);

const ROWS = 5_000;
const SCHEMA = `
CREATE TABLE counters (id bigint PRIMARY KEY, n int NOT NULL, note text NOT NULL DEFAULT repeat('x', 80));
INSERT INTO counters SELECT g, g FROM generate_series(1, ${ROWS}) AS g;
CREATE TABLE lines (id bigint PRIMARY KEY, counter bigint REFERENCES counters);
INSERT INTO lines SELECT g, g FROM generate_series(1, 3) AS g;
ANALYZE`;

async function countersDatabase(major = 18): Promise<TestDatabase> {
  const database = await fillDatabase({ major });
  await database.query(SCHEMA);
  return database;
}

type Kind = "update_rows" | "delete_rows";

async function draftsOf(database: TestDatabase, kind: Kind, fields: object): Promise<readonly Draft[]> {
  return await withSession(database, async (session) => {
    const { backfill } =
      kind === "update_rows"
        ? await lowered(session, updateRowsStep, "backfill", fields)
        : await lowered(session, deleteRowsStep, "backfill", fields);
    return backfill ?? [];
  });
}

/** Runs a step as a runner does, without its journal. */
async function run(database: TestDatabase, context: TestContext, step: Draft | UndoStep, id: string): Promise<unknown> {
  if (step.kind === "rows" || step.kind === "fill") return await runFill(context, { ...step, id });
  if (step.kind === "transaction") await database.query(`BEGIN; ${step.statements.join("; ")}; COMMIT`);
  return null;
}

/** The steps, and the one that changes rows. */
async function prepared(database: TestDatabase, kind: Kind, fields: object, context: TestContext) {
  const drafts = await draftsOf(database, kind, fields);
  const at = drafts.findIndex((draft) => draft.kind === "rows");
  for (const draft of drafts.slice(0, at)) await run(database, context, draft, "before");
  const changing = drafts[at]!;
  return {
    change: (by = context) => run(database, by, changing, "change"),
    undo: async (by = context) => {
      for (const [n, step] of changing.undo.entries()) await run(database, by, step, `undo.${n}`);
    },
    end: async () => {
      for (const draft of [...drafts.slice(at + 1), ...drafts.slice(0, 1).flatMap(({ undo }) => undo)])
        await run(database, context, draft, "after");
    },
  };
}

const ONE_MORE = { table: "counters", set: { n: "n + 1" } };
const sums = (database: TestDatabase) =>
  database.query(
    "SELECT count(*) FILTER (WHERE n = id + 1)::int AS once, count(*) FILTER (WHERE n = id)::int AS untouched, count(*)::int AS all FROM counters",
  );

describe.each(MAJORS)("on PostgreSQL %s", (major) => {
  test("each row is changed once, however often the run is broken off", async () => {
    const database = await countersDatabase(major);
    const first = await fillContext(database, { settings: slowly });
    const rows = await prepared(database, "update_rows", ONE_MORE, first);
    let broken = 0;
    for (let context = first; ; context = await fillContext(database, { settings: slowly })) {
      let seen = 0;
      const stopping: TestContext = {
        ...context,
        // After some batches of each run.
        intents: async () => {
          seen += 1;
          if (seen === 1 && broken < 3) context.abort();
          return { pause: false, cancel: false };
        },
      };
      try {
        expect(await rows.change(stopping)).toEqual({ rows: ROWS, quarantined: 0 });
        break;
      } catch (error) {
        expect(error).toMatchObject({ code: "SEG0309" });
        broken += 1;
      }
    }
    expect(broken).toBeGreaterThan(0);
    expect(await sums(database)).toEqual([{ once: ROWS, untouched: 0, all: ROWS }]);
    await rows.end();
    expect(await database.query("SELECT FROM pg_namespace WHERE nspname = 'segue_hidden'")).toEqual([]);
  });

  test("rows that move, change and go while it runs are changed once or have gone; new ones are left alone", async () => {
    const database = await countersDatabase(major);
    const context = await fillContext(database, { settings: slowly });
    const rows = await prepared(
      database,
      "update_rows",
      { ...ONE_MORE, where: "id % 2 = 0 AND note <> 'done'" },
      context,
    );
    const client = await database.connect();
    const writing = (async () => {
      for (let n = 1; n <= 200; n += 1) {
        await client.query("UPDATE counters SET note = repeat('y', 300) WHERE id % 200 = $1 AND note <> 'done'", [
          n % 200,
        ]);
        await client.query("UPDATE counters SET note = 'done' WHERE id = $1", [n * 2]);
        await client.query("DELETE FROM counters WHERE id = $1", [ROWS - n]);
        await client.query("INSERT INTO counters VALUES ($1::bigint, $1::bigint)", [ROWS + n]);
      }
    })();
    await rows.change();
    await writing;
    const wrong = await database.query(
      `SELECT id, n, note FROM counters
        WHERE CASE WHEN id > ${ROWS} OR id % 2 = 1 THEN n <> id WHEN note = 'done' THEN n NOT IN (id, id + 1) ELSE n <> id + 1 END`,
    );
    expect(wrong).toEqual([]);
  });

  test("old values are brought back where nobody has written since", async () => {
    const database = await countersDatabase(major);
    const context = await fillContext(database);
    const rows = await prepared(database, "update_rows", { ...ONE_MORE, keep: true }, context);
    await rows.change();
    expect(await sums(database)).toEqual([{ once: ROWS, untouched: 0, all: ROWS }]);
    await database.query(
      "UPDATE counters SET n = -1 WHERE id <= 10; UPDATE counters SET note = 'new' WHERE id > 10; DELETE FROM counters WHERE id = 20",
    );
    await rows.undo();
    expect(await database.query("SELECT count(*)::int AS n FROM counters WHERE n = -1")).toEqual([{ n: 10 }]);
    expect(await sums(database)).toEqual([{ once: 0, untouched: ROWS - 11, all: ROWS - 1 }]);
    await rows.end();
  });

  test("deleted rows are brought back whole, but for keys that are taken by now", async () => {
    const database = await countersDatabase(major);
    await database.query(
      "ALTER TABLE counters ADD COLUMN no int GENERATED ALWAYS AS IDENTITY, ADD COLUMN twice int GENERATED ALWAYS AS (n * 2) STORED",
    );
    const before = await database.query("SELECT * FROM counters ORDER BY id");
    const context = await fillContext(database);
    const rows = await prepared(database, "delete_rows", { table: "counters", where: "id > 100", keep: true }, context);
    expect(await rows.change()).toEqual({ rows: ROWS - 100, quarantined: 0 });
    expect(await database.query("SELECT count(*)::int AS n FROM counters")).toEqual([{ n: 100 }]);
    await database.query("INSERT INTO counters (id, n, note) VALUES (200, 0, 'another')");
    await rows.undo();
    const after = await database.query("SELECT * FROM counters ORDER BY id");
    expect(after.filter(({ id }) => id !== "200")).toEqual(before.filter(({ id }) => id !== "200"));
    expect(after.find(({ id }) => id === "200")).toMatchObject({ note: "another" });
    await rows.end();
  });
});

test("a row that a client holds is come back to, and changed by what the client has made of it", async () => {
  const database = await countersDatabase();
  const client = await database.connect({ application_name: "holder" });
  await client.query("BEGIN");
  await client.query("UPDATE counters SET n = 1000000 WHERE id IN (7, 4000)");
  const context = await fillContext(database);
  const rows = await prepared(database, "update_rows", { ...ONE_MORE, keep: true }, context);
  const changing = rows.change();
  await until(async () => context.events.some((event) => event.type === "locked" && event.blockers.length > 0));
  expect(await sums(database)).toMatchObject([{ once: ROWS - 2 }]);
  await client.query("COMMIT");
  expect(await changing).toEqual({ rows: ROWS, quarantined: 0 });
  expect(await database.query("SELECT n FROM counters WHERE id IN (7, 4000)")).toEqual([
    { n: 1000001 },
    { n: 1000001 },
  ]);
  await rows.undo();
  expect(await database.query("SELECT n FROM counters WHERE id IN (7, 4000)")).toEqual([
    { n: 1000000 },
    { n: 1000000 },
  ]);
});

test("rows that can't be changed are put aside by their key, and are changed once they can", async () => {
  const database = await countersDatabase();
  const context = await fillContext(database);
  const rows = await prepared(database, "delete_rows", { table: "counters", where: "id < 3000" }, context);
  expect(await rows.change()).toEqual({ rows: 2_996, quarantined: 3 });
  const aside = await database.query(
    "SELECT table_name, row_key, sqlstate FROM segue.quarantine WHERE state = 'open' ORDER BY (row_key ->> 'id')::int",
  );
  expect(aside).toEqual([1, 2, 3].map((id) => ({ table_name: "counters", row_key: { id }, sqlstate: "23503" })));
  await database.query("DELETE FROM lines");
  expect(await rows.change()).toEqual({ rows: 2_999, quarantined: 0 });
});

test("rows that the sync of their table has put aside are none of its business", async () => {
  const database = await countersDatabase();
  const context = await fillContext(database);
  const rows = await prepared(database, "update_rows", ONE_MORE, context);
  await database.query(
    `INSERT INTO segue.quarantine (rollout, schema_name, table_name, row_key, error, sqlstate, source)
     VALUES (1, 'public', 'counters', '{"id": 5}', 'x', '22P02', 'trigger')`,
  );
  expect(await rows.change()).toEqual({ rows: ROWS, quarantined: 0 });
  expect(await database.query("SELECT state FROM segue.quarantine")).toEqual([{ state: "open" }]);
});

test("a trigger that passes rows over without a word is told of", async () => {
  const database = await countersDatabase();
  await database.query(`
    CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER pass BEFORE UPDATE ON counters FOR EACH ROW WHEN (OLD.id = 17) EXECUTE FUNCTION pass()`);
  const context = await fillContext(database);
  const rows = await prepared(database, "update_rows", ONE_MORE, context);
  expect(await rows.change()).toEqual({ rows: ROWS - 1, quarantined: 1 });
  const [aside] = await database.query("SELECT row_key, error FROM segue.quarantine");
  expect(aside).toMatchObject({
    row_key: { id: 17 },
    error: expect.stringContaining("a trigger keeps 1 of the rows") as string,
  });
});

test("a row that moves to another partition, and so changes its key, is changed once at most", async () => {
  const database = await fillDatabase();
  await database.query(`
    CREATE TABLE events (id int, place int, n int NOT NULL, PRIMARY KEY (id, place)) PARTITION BY LIST (place);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1);
    CREATE TABLE events_2 PARTITION OF events FOR VALUES IN (2);
    INSERT INTO events SELECT g, 1, g FROM generate_series(1, 3000) AS g`);
  const context = await fillContext(database, { settings: slowly });
  const rows = await prepared(database, "update_rows", { table: "events", set: { n: "n + 1" } }, context);
  const client = await database.connect();
  const moving = (async () => {
    for (let n = 0; n < 50; n += 1) {
      for (const place of [2, 1]) await client.query("UPDATE events SET place = $1 WHERE id % 100 = $2", [place, n]);
    }
  })();
  await rows.change();
  await moving;
  const wrong = "SELECT id, n FROM events WHERE n - id NOT IN (0, 1) OR (n = id AND id % 100 >= 50)";
  expect(await database.query(wrong)).toEqual([]);
});
