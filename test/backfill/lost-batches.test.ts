import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { MAJORS } from "../support/postgres.ts";
import { startTestServer } from "../support/servers.ts";
import {
  centsOf,
  createJournal,
  createPayments,
  fillContext,
  paymentsDatabase,
  slowly,
  WRONG,
} from "./fill-database.ts";

/** Hardly anything is written out by itself for ten seconds: the last of what did not wait for the disk is lost in a crash. */
const LAZY = { wal_writer_delay: "10s", wal_writer_flush_after: "1GB", autovacuum: "off" };

/** So many that the server is gone long before the last. */
const ROWS = 100_000;

test.each(MAJORS)("what a crash loses of a fill it loses with its cursors, on PostgreSQL %s", async (major) => {
  const server = await startTestServer({ major, settings: LAZY });
  onTestFinished(() => server.stop("immediate"));
  let pool = new pg.Pool({ connectionString: server.url, max: 2 });
  pool.on("error", () => {});
  onTestFinished(() => pool.end());
  const database = {
    url: server.url,
    query: async (text: string, values?: unknown[]) => (await pool.query(text, values)).rows,
  };
  await createJournal(database);
  await createPayments(database, ROWS);
  await database.query("CHECKPOINT");

  const crashes: Promise<void>[] = [];
  const context = await fillContext(database, {
    settings: slowly,
    emit: (event) => {
      const isHalfway = event.type === "progress" && event.rows > 5_000;
      if (isHalfway && crashes.length === 0) crashes.push(server.restart("immediate"));
    },
  });
  await expect(runFill(context, centsOf("payments"))).rejects.toMatchObject({ code: "SEG0407" });
  await Promise.all(crashes);

  pool = new pg.Pool({ connectionString: server.url, max: 2 });
  const [left] = await database.query(
    `SELECT (SELECT count(*)::int FROM payments WHERE cents IS NOT NULL) AS filled,
            (SELECT coalesce(sum(rows_done), 0)::int FROM segue.extent) AS recorded`,
  );
  expect(left?.["filled"]).toBe(left?.["recorded"]);

  expect(await runFill(await fillContext(database), centsOf("payments"))).toEqual({ rows: ROWS, quarantined: 0 });
  expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
});

test("the step's batches do not wait for the disk, and what comes after it in the session does", async () => {
  const database = await paymentsDatabase(1_000);
  const waits = "CASE current_setting('synchronous_commit') WHEN 'off' THEN 0 ELSE 1 END";
  const context = await fillContext(database);
  await runFill(
    context,
    centsOf("payments", { set: [{ column: "cents", value: waits }], where: "segue_row.cents IS NULL" }),
  );
  expect(await database.query("SELECT DISTINCT cents::int FROM payments")).toEqual([{ cents: 0 }]);
  expect((await context.session.query("SHOW synchronous_commit")).rows).toEqual([{ synchronous_commit: "on" }]);
});
