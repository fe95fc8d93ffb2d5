import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSegue, type SegueEvent } from "../../../src/index.ts";
import { clearIntent, setIntent } from "../../../src/journal/intents.ts";
import { openSession } from "../../../src/postgres/session.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { until } from "../../support/until.ts";

/**
 * One row takes 0.2 s, all others nothing: what is asked for meanwhile is asked for in the middle of its batch, and less than
 * half a second after the first look at what people ask for.
 */
const planOf = (slow: number): string => `
operations:
  - add_column:
      table: notes
      column: length
      type: integer
      fill: length(body) + CASE WHEN id = ${slow} THEN length(pg_sleep(0.2)::text) ELSE 0 END
`;

test.each(MAJORS.flatMap((major) => (["pause", "throttle"] as const).map((what) => [what, major] as const)))(
  "%s from elsewhere is obeyed when the running batch ends, on PostgreSQL %s",
  async (what, major) => {
    const database = await testDatabase({
      major,
      script: `CREATE TABLE notes (id int PRIMARY KEY, body text);
               INSERT INTO notes SELECT n, repeat('x', n % 90) FROM generate_series(1, 20000) n`,
    });
    const plans = await mkdtemp(join(tmpdir(), "segue-plans-"));
    onTestFinished(() => rm(plans, { recursive: true }));
    // In the second batch of all, and late on its page: not among the rows by which the fill looks ahead at what values take.
    const [{ id } = { id: 0 }] = await database.query<{ id: number }>(
      "SELECT max(id) AS id FROM notes WHERE ctid >= '(2,0)' AND ctid < '(3,0)'",
    );
    await writeFile(join(plans, "1_length.yaml"), planOf(id));
    const events: SegueEvent[] = [];
    const running = createSegue({ url: database.url, plans, onEvent: (event) => events.push(event) });
    const person = await openSession({ connectionString: database.url }, { applicationName: "mia" });
    onTestFinished(() => person.close());
    await running.expand("1_length");
    const filling = running.backfill("1_length");

    const batch = async (): Promise<string | undefined> => {
      const rows = await database.query<{ began: string }>(
        `SELECT query_start::text AS began FROM pg_stat_activity
          WHERE application_name LIKE 'segue/1/_' AND wait_event = 'PgSleep' AND datname = current_database()`,
      );
      return rows[0]?.began;
    };
    const cursor = async () =>
      (
        await database.query<{ block: number; stripe: number; window: number }>(
          'SELECT cursor_block::int AS block, stripe, window_blocks AS "window" FROM segue.extent',
        )
      )[0];
    await until(async () => (await batch()) !== undefined);
    const before = await cursor();
    await setIntent(person, "1", what, "mia", { detail: { ratio: 100 } });
    // The batch that was running is still the same, or the test would have proved nothing.
    expect([await batch(), await cursor()]).toEqual([expect.any(String), before]);
    await until(async () => events.some(({ type }) => type === "paused" || type === "throttled"));
    await until(async () => (await batch()) === undefined);

    // The first windows are filled in one batch each: of what follows, none has run.
    const after = await cursor();
    expect(after).toMatchObject({ block: (before?.block ?? 0) + (after?.window ?? 0), stripe: 0 });
    expect(await clearIntent(person, "1", what)).toBe(true);
    expect((await filling).state).toBe("ready");
    const [{ wrong } = { wrong: -1 }] = await database.query<{ wrong: number }>(
      "SELECT count(*)::int AS wrong FROM notes WHERE length IS DISTINCT FROM length(body)",
    );
    expect(wrong).toBe(0);
  },
);
