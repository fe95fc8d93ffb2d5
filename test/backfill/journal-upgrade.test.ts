import { expect, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { installJournal, requireJournal } from "../../src/journal/install.ts";
import { JOURNAL_MIGRATIONS } from "../../src/journal/schema.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";
import { centsOf, createPayments, fillContext, WRONG } from "./fill-database.ts";

test.each(MAJORS)(
  "a fill that version 1 of the journal has half of goes on after the upgrade, on PostgreSQL %s",
  async (major) => {
    const database = await testDatabase({ major });
    await database.query(`CREATE SCHEMA segue;
    CREATE TABLE segue.version (version integer PRIMARY KEY, installed_at timestamptz NOT NULL DEFAULT clock_timestamp());
    INSERT INTO segue.version VALUES (1); ${JOURNAL_MIGRATIONS[0]};
    INSERT INTO segue.rollout (plan, plan_hash, plan_content, program, touches, state, epoch, actor, tool_version)
    VALUES ('p', '', '{}', '{}', '[]', 'backfilling', 1, 'test', '0')`);
    await createPayments(database, 20_000);
    await database.query(`SET segue.fill = 'on';
    UPDATE payments SET cents = (amount::numeric * 100)::bigint WHERE ctid < '(64,0)';
    RESET segue.fill;
    INSERT INTO segue.extent (rollout, step, schema_name, table_name, method, relfilenode, end_block, cursor_block, window_blocks,
                              stripe, stripes, rows_done, estimated_rows, state, epoch)
    SELECT 1, 'backfill.1.fill', 'public', 'payments', 'stripe', pg_relation_filenode('payments'), 400, 64, 32,
           0, 16, count(*), 20000, 'running', 1 FROM payments WHERE cents IS NOT NULL`);
    const before = await database.query("SELECT id FROM payments WHERE cents IS NOT NULL ORDER BY id");
    expect(before.length).toBeGreaterThan(1_000);
    const [filled] = await database.query("SELECT max(xmin::text::bigint) AS by FROM payments WHERE cents IS NOT NULL");

    const context = await fillContext(database);
    await expect(requireJournal(context.observer)).rejects.toMatchObject({ code: "SEG0205" });
    await installJournal(context.observer);
    await requireJournal(context.observer);
    expect(await runFill(context, centsOf("payments"))).toEqual({ rows: 20_000, quarantined: 0 });

    expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
    // What stood before the upgrade was not written again.
    expect(
      await database.query("SELECT id FROM payments WHERE xmin::text::bigint <= $1 ORDER BY id", [filled!["by"]]),
    ).toEqual(before);
    expect(await database.query("SELECT part, first_block, state, swept, owner FROM segue.extent")).toEqual([
      { part: 0, first_block: "0", state: "done", swept: true, owner: null },
    ]);
  },
);
