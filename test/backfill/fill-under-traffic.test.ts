import type pg from "pg";
import { expect, test } from "vitest";
import { runFill } from "../../src/backfill/run-fill.ts";
import { runVerification } from "../../src/backfill/run-verification.ts";
import { MAJORS, type TestDatabase } from "../support/postgres.ts";
import { centsOf, fillContext, paymentsDatabase, slowly, WRONG } from "./fill-database.ts";

const ROWS = 100_000;

test.each(MAJORS)("four writers of both shapes miss nothing and lose no deadlock on PostgreSQL %s", async (major) => {
  const database = await paymentsDatabase(ROWS, { major });
  const traffic = await startTraffic(database, 4);
  const result = await runFill(await fillContext(database, { settings: slowly }), centsOf("payments"));
  // As long as writers are at it, each row that the check reads is one version of it.
  const verified = await runVerification(await fillContext(database), {
    table: { schema: "public", name: "payments" },
    title: "",
    mismatch: WRONG.replace("cents", "segue_row.cents"),
  });
  const { writes, errors } = await traffic.stop();
  expect(errors).toEqual([]);
  expect(writes).toBeGreaterThan(100);
  expect(result.quarantined).toBe(0);
  expect(verified).toMatchObject({ mismatches: 0, samples: [] });
  expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
});

test("transactions that update many rows in their own order never lose a deadlock to the fill", async () => {
  const database = await paymentsDatabase(20_000);
  const stop = new AbortController();
  const errors: unknown[] = [];
  let transactions = 0;
  // From the last row to the first: against the order of the fill. One client, so that it can't deadlock by itself.
  const client = await database.connect();
  const backwards = (async () => {
    for (let n = 0; !stop.signal.aborted; n += 1) {
      try {
        await client.query("BEGIN");
        for (const step of [19_000, 15_000, 10_000, 5_000, 1_000]) {
          await client.query("UPDATE payments SET note = note WHERE id BETWEEN $1 AND $1::int + 200", [
            step - (n % 900),
          ]);
        }
        await client.query(n % 3 === 0 ? "ROLLBACK" : "COMMIT");
        transactions += 1;
      } catch (error) {
        errors.push(error);
        await client.query("ROLLBACK");
      }
    }
  })();
  const result = await runFill(await fillContext(database, { settings: slowly }), centsOf("payments"));
  stop.abort();
  await backwards;
  expect(errors).toEqual([]);
  expect(transactions).toBeGreaterThan(1);
  expect(result.quarantined).toBe(0);
  expect(await database.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
});

async function startTraffic(database: TestDatabase, writers: number) {
  let running = true;
  let writes = 0;
  const errors: unknown[] = [];
  const clients = await Promise.all(Array.from({ length: writers }, () => database.connect()));
  const write = async (client: pg.Client, writer: number): Promise<void> => {
    for (let n = 0; running; n += 1) {
      const id = 1 + ((n * 7_919 + writer * 104_729) % ROWS);
      const amount = `${n % 1_000}.5${writer}`;
      const fresh = ROWS + 1 + n * writers + writer;
      const statements: [string, unknown[]][] = [
        ["UPDATE payments SET amount = $2 WHERE id = $1", [id, amount]],
        ["UPDATE payments SET cents = $2 WHERE id = $1", [id, n]],
        // Wider: the row moves to another page.
        ["UPDATE payments SET note = repeat('y', 400) WHERE id = $1", [id]],
        [
          "INSERT INTO payments (id, customer, created_at, amount, note) VALUES ($1, 1, now(), $2, '')",
          [fresh, amount],
        ],
        ["DELETE FROM payments WHERE id = $1", [fresh - 3 * writers]],
      ];
      const [sql, values] = statements[n % statements.length]!;
      try {
        const undone = n % 11 === 0;
        if (undone) await client.query("BEGIN");
        await client.query(sql, values);
        if (undone) await client.query("ROLLBACK");
        writes += 1;
      } catch (error) {
        errors.push(error);
        running = false;
      }
    }
  };
  const all = clients.map(write);
  return {
    async stop() {
      running = false;
      await Promise.all(all);
      return { writes, errors };
    },
  };
}
