import type pg from "pg";
import type { Method, Target } from "./method.ts";
import { pgrollTrigger } from "./pgroll-trigger.ts";
import { expandBySegue } from "./segue-method.ts";
import { COLUMN, EXPRESSION } from "./shape.ts";

/** What pgroll takes by default; plain batches of 10,000 rows are slower still. */
const BATCH_ROWS = 1000;

/** One statement over the whole table, with Segue's sync in place and set aside, as in its own fill. */
export const oneUpdate: Method = {
  name: "update",
  label: "one UPDATE",
  prepare: expandBySegue,
  run: (target) =>
    asFill(target, async (client) => void (await client.query(`UPDATE orders SET ${COLUMN} = ${EXPRESSION}`))),
};

/** Batches in the order of the primary key: its next thousand rows are found, then updated. */
export const keysetBatches: Method = {
  name: "keyset",
  label: `keyset batches of ${BATCH_ROWS}`,
  prepare: expandBySegue,
  run: (target) =>
    asFill(target, async (client) => {
      const edge = `SELECT max(id)::text AS id FROM (SELECT id FROM orders WHERE id > $1 ORDER BY id LIMIT ${BATCH_ROWS}) AS page`;
      const update = `UPDATE orders SET ${COLUMN} = ${EXPRESSION} WHERE id > $1 AND id <= $2`;
      for (let after = "0"; ;) {
        const found = await client.query<{ id: string | null }>({ name: "edge", text: edge, values: [after] });
        const id = found.rows[0]?.id ?? null;
        if (id === null) return;
        await client.query({ name: "update", text: update, values: [after, id] });
        after = id;
      }
    }),
};

/**
 * The shape of statement that pgroll sends for each batch: rows that are flagged are locked in the order of the key and
 * touched, and a trigger computes the value and takes the flag away.
 */
export const pgrollStatement: Method = {
  name: "pgroll_statement",
  label: "the statement of pgroll",
  prepare: async ({ server, database }) => void (await server.sql(database, ...pgrollTrigger())),
  run: ({ server, database }) =>
    server.connected(database, async (client) => {
      let after: string | null = null;
      do after = await touchNext(client, after);
      while (after !== null);
    }),
};

/** Touches one batch; returns the key to go on from, null if nothing was left. */
async function touchNext(client: pg.Client, after: string | null): Promise<string | null> {
  const beyond = after === null ? "" : `AND (id) > (${after})`;
  const { rows } = await client.query<{ last: string }>(`
    WITH batch AS (
      SELECT id FROM orders WHERE _pgroll_needs_backfill = true ${beyond} ORDER BY id LIMIT ${BATCH_ROWS} FOR NO KEY UPDATE
    ), touched AS (
      UPDATE orders SET id = orders.id FROM batch WHERE orders.id = batch.id RETURNING orders.id
    )
    SELECT last_value(id) OVER () AS last FROM touched`);
  return rows[0]?.last ?? null;
}

/** Otherwise each row would pay for the sync, which is there for the application's writes; Segue's own fill does the same. */
async function asFill({ server, database }: Target, work: (client: pg.Client) => Promise<void>): Promise<void> {
  await server.connected(database, async (client) => {
    await client.query(`SET segue.filling = '1_${COLUMN}'; SET session_replication_role = replica`);
    await work(client);
  });
}
