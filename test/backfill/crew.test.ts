import { expect, onTestFinished, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { openSession } from "../../src/postgres/session.ts";
import { MAJORS } from "../support/postgres.ts";
import { dawdling, fillContext, paymentsDatabase, slowly, WRONG } from "./fill-database.ts";

const ROWS = 40_000;
/** Rows that take their time, and with them the batch that has locked their neighbours. */
const SLOW = Array.from({ length: 16 }, (_, n) => 1_000 + n * 2_400);

test.each(MAJORS)(
  "a worker is taken away when clients wait for its rows, its extent goes to the others, on PostgreSQL %s",
  async (major) => {
    const database = await paymentsDatabase(ROWS, { major });
    const client = await database.connect({ application_name: "client" });
    const stop = new AbortController();
    const writing: Promise<void>[] = [];
    const write = async (): Promise<void> => {
      while (!stop.signal.aborted)
        for (const id of SLOW)
          await client.query("UPDATE payments SET note = note WHERE id BETWEEN $1::int - 900 AND $1::int - 1", [id]);
    };
    const counts: { workers: number; reason: string }[] = [];
    const context = await fillContext(database, {
      settings: { ...slowly, batch_time: 100, workers: 2 },
      connect: async (part) => {
        const session = await openSession({ connectionString: database.url }, { applicationName: part });
        onTestFinished(() => session.close());
        return session;
      },
      emit: (event) => {
        if (event.type !== "workers") return;
        counts.push(event);
        // Nobody waits before there are two.
        if (event.workers === 2) writing.push(write());
        else stop.abort();
      },
    });
    const result = await runFill(context, dawdling("payments", SLOW), { partBlocks: 60, lookEvery: 5 });
    stop.abort();
    await Promise.all(writing);
    expect(result.quarantined).toBe(0);
    expect(counts.slice(0, 2)).toMatchObject([
      { workers: 2, reason: "no client waits, and queries are as fast as before" },
      { workers: 1, reason: expect.stringMatching(/^clients waited for 2 workers$|^a query took/) as string },
    ]);
    expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
    expect(
      await database.query("SELECT bool_and(state = 'done' AND swept AND owner IS NULL) AS done FROM segue.extent"),
    ).toEqual([{ done: true }]);
  },
);
