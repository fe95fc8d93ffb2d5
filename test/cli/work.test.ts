import { expect, test } from "vitest";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { RENAME, RENAME_FILE, RENAME_ID } from "./plans.ts";
import { type Project, project, segue, start } from "./segue.ts";

const ROWS = 60_000;
const PLAN = RENAME.replace("settings:\n", "settings:\n  backfill: { batch_time: 5ms }\n");

/** A rollout that is expanded, of a table that is cut into eight extents, in which the updates of fills are counted. */
async function expanded(major?: number): Promise<{ database: TestDatabase; place: Project }> {
  const database = await testDatabase(major === undefined ? {} : { major });
  await database.query(`
    CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, username text NOT NULL, note text);
    INSERT INTO users (username, note) SELECT 'user ' || n, repeat('x', 100) FROM generate_series(1, ${ROWS}) n;
    ANALYZE users;
    CREATE TABLE fired (id int);
    CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.fired VALUES (NEW.id); RETURN NULL; END $$;
    CREATE TRIGGER fired AFTER UPDATE ON users FOR EACH ROW WHEN (current_setting('segue.fill', true) <> '') EXECUTE FUNCTION fired()`);
  const place = project({ files: { [RENAME_FILE]: PLAN }, url: database.url });
  expect(await segue(place, "expand", RENAME_ID)).toMatchObject({ code: 0 });
  await database.query(`
    INSERT INTO segue.extent (rollout, step, schema_name, table_name, method, relfilenode, part, first_block, end_block, cursor_block,
                              window_blocks, stripe, stripes, estimated_rows)
    SELECT s.rollout, s.step->>'id', 'public', 'users', 'stripe', pg_relation_filenode('users'), part, size * part / 8, size * (part + 1) / 8, size * part / 8,
           8, 0, 16, ${ROWS} / 8
      FROM segue.step s, generate_series(0, 7) AS part, (SELECT pg_relation_size('users') / current_setting('block_size')::bigint AS size) AS t
     WHERE s.stage = 'backfill' AND s.step->>'kind' = 'fill'`);
  return { database, place };
}

/**
 * Holds a row of three extents, so that as many processes can't come to their end before a test is done with them. Returns
 * the way to let them go.
 */
async function holdRows(database: TestDatabase): Promise<() => Promise<unknown>> {
  const holder = await database.connect();
  await holder.query("BEGIN");
  await holder.query("SELECT FROM users WHERE id IN (1, $1, $2) FOR UPDATE", [ROWS / 2, ROWS]);
  return () => holder.query("COMMIT");
}

/** Starts a runner, and returns once it has claimed something. */
async function runnerOf(database: TestDatabase, place: Project): ReturnType<typeof start> {
  const runner = await start(place, "backfill", RENAME_ID);
  await until(
    async () => (await database.query("SELECT FROM segue.extent WHERE owner IS NOT NULL")).length > 0,
    60_000,
  );
  return runner;
}

/** Returns once this many workers have claims, and the fill has begun. */
async function filling(database: TestDatabase, workers: number): Promise<void> {
  await until(async () => {
    const [row] = await database.query<{ n: number }>(
      "SELECT count(DISTINCT owner)::int AS n FROM segue.extent WHERE owner IS NOT NULL AND rows_done > 0",
    );
    return row!.n >= workers;
  }, 60_000);
}

async function expectFilledOnce(database: TestDatabase): Promise<void> {
  expect(await database.query("SELECT count(*)::int AS n FROM users WHERE handle IS DISTINCT FROM username")).toEqual([
    { n: 0 },
  ]);
  const [fired] = await database.query("SELECT count(*)::int - count(DISTINCT id)::int AS again FROM fired");
  expect(fired).toEqual({ again: 0 });
  expect(await database.query("SELECT bool_and(state = 'done' AND swept) AS done FROM segue.extent")).toEqual([
    { done: true },
  ]);
}

test.each(MAJORS)(
  "two workers beside a runner are killed while clients write: nothing is lost and nothing filled twice, on PostgreSQL %s",
  { timeout: 240_000 },
  async (major) => {
    const { database, place } = await expanded(major);
    const release = await holdRows(database);
    const stop = new AbortController();
    const client = await database.connect();
    const writing = (async () => {
      for (let n = 1; !stop.signal.aborted; n += 1) {
        await client.query("UPDATE users SET username = $2 WHERE id = $1", [((n * 7_919) % ROWS) + 1, `written ${n}`]);
        await client.query("INSERT INTO users (username) VALUES ($1)", [`new ${n}`]);
      }
    })();
    const runner = await runnerOf(database, place);
    const workers = [await start(place, "work", RENAME_ID), await start(place, "work", RENAME_ID)];
    await filling(database, 3);
    for (const { child } of workers) child.kill("SIGKILL");
    await release();
    const { code, stderr } = await runner.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    stop.abort();
    await writing;
    await expectFilledOnce(database);
    expect(await segue(place, "status", RENAME_ID)).toMatchObject({
      stdout: expect.stringContaining("ready") as string,
    });
  },
);

test("a worker that hangs past its claim and wakes commits nothing", { timeout: 240_000 }, async () => {
  const { database, place } = await expanded();
  const release = await holdRows(database);
  const runner = await runnerOf(database, place);
  const worker = await start(place, "work", RENAME_ID);
  await filling(database, 2);
  worker.child.kill("SIGSTOP");
  // The claim runs out.
  await database.query(
    "UPDATE segue.extent SET updated_at = updated_at - interval '1 minute' WHERE owner LIKE '%/work#%'",
  );
  await release();
  expect(await runner.ended).toMatchObject({ code: 0 });
  const before = await database.query("SELECT id, rows_done, updated_at FROM segue.extent ORDER BY id");
  worker.child.kill("SIGCONT");
  expect(await worker.ended).toMatchObject({ code: 0 });
  expect(await database.query("SELECT id, rows_done, updated_at FROM segue.extent ORDER BY id")).toEqual(before);
  await expectFilledOnce(database);
});

test(
  "a worker goes on when the runner is killed, and says that only a runner ends the step",
  { timeout: 240_000 },
  async () => {
    const { database, place } = await expanded();
    const release = await holdRows(database);
    const runner = await runnerOf(database, place);
    const worker = await start(place, "work", RENAME_ID);
    await filling(database, 2);
    runner.child.kill("SIGKILL");
    await release();
    const end = await worker.ended;
    expect(end).toMatchObject({ code: 0 });
    expect(end.stdout).toContain("No runner is at it, and only one ends the step.");
    expect(end.stdout).toContain(`Next: segue resume ${RENAME_ID}`);
    await expectFilledOnce(database);
    expect(await segue(place, "resume", RENAME_ID)).toMatchObject({ code: 0 });
    await expectFilledOnce(database);
  },
);

test("a worker is refused where there is nothing to join, and obeys a cancellation", { timeout: 240_000 }, async () => {
  const { database, place } = await expanded();
  const refused = await segue(place, "work", RENAME_ID);
  expect(refused).toMatchObject({ code: 3 });
  expect(refused.stderr).toContain(`${RENAME_ID} is expanded: there is no backfill to join`);
  expect(await segue(place, "work", "20260101000000_nothing")).toMatchObject({ code: 3 });

  await holdRows(database);
  const runner = await runnerOf(database, place);
  const worker = await start(place, "work", RENAME_ID);
  await filling(database, 2);
  expect(await segue(place, "cancel", RENAME_ID)).toMatchObject({ code: 0 });
  expect(await runner.ended).toMatchObject({ code: 130 });
  const end = await worker.ended;
  expect(end).toMatchObject({ code: 130 });
  expect(end.stderr).toContain("SEG0308");
  expect(await database.query("SELECT FROM segue.extent WHERE owner IS NOT NULL")).toEqual([]);
});
