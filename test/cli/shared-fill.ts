import { expect } from "vitest";
import { testDatabase, type TestDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { RENAME, RENAME_FILE, RENAME_ID } from "./plans.ts";
import { type Project, project, segue, start } from "./segue.ts";

/** In the table that is filled. */
export const ROWS = 60_000;

/**
 * A rollout that is expanded, of a table that is cut into eight extents, in which the updates of fills are counted.
 *
 * @param more settings of its backfill
 */
export async function expanded(major?: number, more = ""): Promise<{ database: TestDatabase; place: Project }> {
  const plan = RENAME.replace("settings:\n", `settings:\n  backfill: { batch_time: 5ms${more} }\n`);
  const database = await testDatabase(major === undefined ? {} : { major });
  await database.query(`
    CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, username text NOT NULL, note text);
    INSERT INTO users (username, note) SELECT 'user ' || n, repeat('x', 100) FROM generate_series(1, ${ROWS}) n;
    ANALYZE users;
    CREATE TABLE fired (id int);
    CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.fired VALUES (NEW.id); RETURN NULL; END $$;
    CREATE TRIGGER fired AFTER UPDATE ON users FOR EACH ROW WHEN (current_setting('segue.fill', true) <> '') EXECUTE FUNCTION fired()`);
  const place = project({ files: { [RENAME_FILE]: plan }, url: database.url });
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
export async function holdRows(database: TestDatabase): Promise<() => Promise<unknown>> {
  const holder = await database.connect();
  await holder.query("BEGIN");
  await holder.query("SELECT FROM users WHERE id IN (1, $1, $2) FOR UPDATE", [ROWS / 2, ROWS]);
  return () => holder.query("COMMIT");
}

/** Starts a runner, and returns once it has claimed something. */
export async function runnerOf(database: TestDatabase, place: Project): ReturnType<typeof start> {
  const runner = await start(place, "backfill", RENAME_ID);
  await until(
    async () => (await database.query("SELECT FROM segue.extent WHERE owner IS NOT NULL")).length > 0,
    60_000,
  );
  return runner;
}

/** Returns once this many workers have claims, and the fill has begun. */
export async function filling(database: TestDatabase, workers: number): Promise<void> {
  await until(async () => {
    const [row] = await database.query<{ n: number }>(
      "SELECT count(DISTINCT owner)::int AS n FROM segue.extent WHERE owner IS NOT NULL AND rows_done > 0",
    );
    return row!.n >= workers;
  }, 60_000);
}

/** Fails unless every row is filled, and none was filled twice. */
export async function expectFilledOnce(database: TestDatabase): Promise<void> {
  expect(await database.query("SELECT count(*)::int AS n FROM users WHERE handle IS DISTINCT FROM username")).toEqual([
    { n: 0 },
  ]);
  const [fired] = await database.query("SELECT count(*)::int - count(DISTINCT id)::int AS again FROM fired");
  expect(fired).toEqual({ again: 0 });
  expect(await database.query("SELECT bool_and(state = 'done' AND swept) AS done FROM segue.extent")).toEqual([
    { done: true },
  ]);
}
