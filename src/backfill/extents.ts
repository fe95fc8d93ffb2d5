import type { RelationName } from "../model/relation.ts";
import { literal } from "../sql/literal.ts";
import { fenced } from "./batch-sql.ts";
import type { Leaf } from "./leaves.ts";
import { stripesFor, SWEEP } from "./stripes.ts";
import { FIRST_WINDOW } from "./window.ts";
import type { Worker } from "./worker.ts";

/** A row of segue.extent: the fill of one leaf, and how far it has come. */
export interface Extent {
  readonly id: string;
  readonly table: RelationName;
  readonly method: "stripe" | "key";
  readonly state: "pending" | "running" | "done";
  /** The storage that the blocks are of. */
  readonly relfilenode: number;
  readonly endBlock: number;
  readonly block: number;
  /** Blocks, or rows under method `key`. */
  readonly window: number;
  readonly stripe: number;
  /** SWEEP while the extent is swept; null for a fill by key. */
  readonly stripes: number | null;
  /** JSON text. */
  readonly cursorKey: string | null;
  readonly rowsDone: number;
  readonly estimatedRows: number;
}

interface ExtentRow {
  id: string;
  schema_name: string;
  table_name: string;
  method: Extent["method"];
  state: Extent["state"];
  relfilenode: string;
  end_block: string;
  cursor_block: string;
  window_blocks: number;
  stripe: number;
  stripes: number | null;
  cursor_key: string | null;
  rows_done: string;
  estimated_rows: string;
}

/** A leaf as a new extent: its upper bound is its size now, when the sync is live; newer versions are the sync's. */
export interface NewExtent {
  readonly leaf: Leaf;
  readonly rowsPerPage: number;
}

/** Records the extents of all leaves in one transaction; those that exist stay as they are. */
export async function createExtents(worker: Worker, extents: readonly NewExtent[]): Promise<void> {
  if (extents.length === 0) return;
  const { rollout, epoch } = worker.context;
  const values = extents.map(({ leaf, rowsPerPage }) => {
    const { schema, name } = leaf.table;
    const estimate = Math.round(rowsPerPage * leaf.blocks);
    const stripes = leaf.method === "stripe" ? String(stripesFor(rowsPerPage)) : "NULL";
    return (
      `(${rollout}, ${literal(worker.step.id)}, ${literal(schema)}, ${literal(name)}, '${leaf.method}', ` +
      `${leaf.relfilenode}::oid, ${leaf.blocks}, 0, ${FIRST_WINDOW}, 0, ${stripes}::integer, ${estimate})`
    );
  });
  await worker.commit(
    fenced(
      { rollout, epoch },
      `INSERT INTO segue.extent (rollout, step, schema_name, table_name, method, relfilenode, end_block, cursor_block, ` +
        `window_blocks, stripe, stripes, estimated_rows) VALUES ${values.join(", ")} ` +
        `ON CONFLICT (rollout, step, schema_name, table_name) DO NOTHING`,
    ),
  );
}

export async function readExtents(worker: Worker): Promise<Extent[]> {
  const rows = await worker.ask<ExtentRow>(
    `SELECT id, schema_name, table_name, method, state, relfilenode::text, end_block, cursor_block, window_blocks, stripe, stripes,
            cursor_key::text, rows_done, coalesce(estimated_rows, 0)::text AS estimated_rows
       FROM segue.extent WHERE rollout = $1 AND step = $2 ORDER BY id`,
    [worker.context.rollout, worker.step.id],
  );
  return rows.map((row) => ({
    id: row.id,
    table: { schema: row.schema_name, name: row.table_name },
    method: row.method,
    state: row.state,
    relfilenode: Number(row.relfilenode),
    endBlock: Number(row.end_block),
    block: Number(row.cursor_block),
    window: row.window_blocks,
    stripe: row.stripe,
    stripes: row.stripes,
    cursorKey: row.cursor_key,
    rowsDone: Number(row.rows_done),
    estimatedRows: Number(row.estimated_rows),
  }));
}

/** Starts the extent at its first block again, over the storage that the leaf has now. */
export async function startOver(worker: Worker, extent: Extent, leaf: Leaf, stripes: number | null): Promise<Extent> {
  const stripesSql = stripes === null ? "NULL" : String(stripes);
  await worker.commit(
    fenced(
      worker.context,
      `UPDATE segue.extent SET relfilenode = ${leaf.relfilenode}, end_block = ${leaf.blocks}, cursor_block = 0, cursor_key = NULL, ` +
        `stripe = 0, stripes = ${stripesSql}, state = 'running', updated_at = clock_timestamp() WHERE id = ${extent.id}`,
    ),
  );
  return {
    ...extent,
    relfilenode: leaf.relfilenode,
    endBlock: leaf.blocks,
    block: 0,
    cursorKey: null,
    stripe: 0,
    stripes,
  };
}

/** Starts a sweep: every row of the leaf as large as it is now, without stripes. */
export async function startSweep(worker: Worker, extent: Extent, leaf: Leaf): Promise<Extent> {
  return startOver(worker, extent, leaf, SWEEP);
}

export async function finishExtent(worker: Worker, extent: Extent): Promise<void> {
  await worker.commit(
    fenced(
      worker.context,
      `UPDATE segue.extent SET state = 'done', swept = true, updated_at = clock_timestamp() WHERE id = ${extent.id}`,
    ),
  );
}
