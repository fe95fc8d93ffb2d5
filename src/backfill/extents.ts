import type { RelationName } from "../model/relation.ts";
import { literal } from "../sql/literal.ts";
import { fenced, held } from "./fence.ts";
import type { Leaf } from "./leaves.ts";
import { stripesFor, SWEEP } from "./stripes.ts";
import { FIRST_FILLED, FIRST_WINDOW } from "./window.ts";
import type { Worker } from "./worker.ts";

/** A row of segue.extent: the fill of a part of one leaf, and how far it has come. */
export interface Extent {
  readonly id: string;
  readonly table: RelationName;
  readonly method: "stripe" | "key";
  readonly state: "pending" | "running" | "done";
  /** The storage that the blocks are of. */
  readonly relfilenode: number;
  /** Blocks [firstBlock, endBlock) of it. */
  readonly firstBlock: number;
  readonly endBlock: number;
  /** True for the part of the leaf that grows with it. */
  readonly last: boolean;
  readonly block: number;
  /** Blocks, or rows under method `key`. */
  readonly window: number;
  readonly stripe: number;
  /** SWEEP while the extent is swept; null for a fill by key. */
  readonly stripes: number | null;
  /** JSON text. */
  readonly cursorKey: string | null;
  readonly rowsDone: number;
  /** Of them, updates that were HOT. */
  readonly hotRows: number;
  readonly walBytes: number;
  readonly estimatedRows: number;
}

/** The columns of an extent `e`. */
export const EXTENT_COLUMNS = `e.id, e.schema_name, e.table_name, e.method, e.state, e.relfilenode::text AS relfilenode, e.first_block, e.end_block,
  NOT EXISTS (SELECT FROM segue.extent AS n WHERE n.rollout = e.rollout AND n.step = e.step
    AND n.schema_name = e.schema_name AND n.table_name = e.table_name AND n.part = e.part + 1) AS last,
  e.cursor_block, e.window_blocks, e.stripe, e.stripes, e.cursor_key::text AS cursor_key, e.rows_done, e.hot_rows, e.wal_bytes, coalesce(e.estimated_rows, 0)::text AS estimated_rows`;

export interface ExtentRow {
  id: string;
  schema_name: string;
  table_name: string;
  method: Extent["method"];
  state: Extent["state"];
  relfilenode: string;
  first_block: string;
  end_block: string;
  last: boolean;
  cursor_block: string;
  window_blocks: number;
  stripe: number;
  stripes: number | null;
  cursor_key: string | null;
  rows_done: string;
  hot_rows: string;
  wal_bytes: string;
  estimated_rows: string;
}

export function toExtent(row: ExtentRow): Extent {
  return {
    id: row.id,
    table: { schema: row.schema_name, name: row.table_name },
    method: row.method,
    state: row.state,
    relfilenode: Number(row.relfilenode),
    firstBlock: Number(row.first_block),
    endBlock: Number(row.end_block),
    last: row.last,
    block: Number(row.cursor_block),
    window: row.window_blocks,
    stripe: row.stripe,
    stripes: row.stripes,
    cursorKey: row.cursor_key,
    rowsDone: Number(row.rows_done),
    hotRows: Number(row.hot_rows),
    walBytes: Number(row.wal_bytes),
    estimatedRows: Number(row.estimated_rows),
  };
}

/** A leaf to be filled: its upper bound is its size now, when the sync is live; newer versions are the sync's. */
export interface NewExtent {
  readonly leaf: Leaf;
  readonly rowsPerPage: number;
}

/** Blocks of a part: 64 MiB. Of a larger leaf, parts are larger: this many of them are the most. */
export const PART_BLOCKS = 8_192;
const MOST_PARTS = 1_024;

/** Into how many parts a leaf is cut: one unless each is of a size worth claiming. */
export function partsOf({ method, blocks }: Pick<Leaf, "method" | "blocks">, partBlocks = PART_BLOCKS): number {
  return method === "key" ? 1 : Math.min(MOST_PARTS, Math.max(1, Math.floor(blocks / partBlocks)));
}

/** Records the extents of all leaves in one transaction; those that exist stay as they are. */
export async function createExtents(
  worker: Worker,
  extents: readonly NewExtent[],
  partBlocks = PART_BLOCKS,
): Promise<void> {
  if (extents.length === 0) return;
  const { rollout } = worker.context;
  const values = extents.map(({ leaf, rowsPerPage }) => {
    const { schema, name } = leaf.table;
    const estimate = Math.round(rowsPerPage * leaf.blocks);
    const stripes = leaf.method === "stripe" ? String(stripesFor(rowsPerPage)) : "NULL";
    return (
      `(${literal(schema)}, ${literal(name)}, '${leaf.method}', ${leaf.relfilenode}::oid, ${leaf.blocks}::bigint, ` +
      `${stripes}::integer, ${estimate}::bigint, ${partsOf(leaf, partBlocks)}::bigint, ${leaf.method === "stripe" ? FIRST_FILLED : FIRST_WINDOW})`
    );
  });
  await worker.commit(
    fenced(
      worker.context,
      `INSERT INTO segue.extent (rollout, step, schema_name, table_name, method, relfilenode, part, first_block, end_block, cursor_block, ` +
        `window_blocks, stripe, stripes, estimated_rows) ` +
        `SELECT ${rollout}, ${literal(worker.step.id)}, l.schema_name, l.table_name, l.method, l.relfilenode, p.part, ` +
        `l.blocks * p.part / l.parts, l.blocks * (p.part + 1) / l.parts, l.blocks * p.part / l.parts, l.first_window, 0, l.stripes, l.rows / l.parts ` +
        `FROM (VALUES ${values.join(", ")}) AS l (schema_name, table_name, method, relfilenode, blocks, stripes, rows, parts, first_window), ` +
        `LATERAL generate_series(0, l.parts - 1) AS p (part) ` +
        `ON CONFLICT (rollout, step, schema_name, table_name, part) DO NOTHING`,
    ),
  );
}

/** The extents of a worker's step. */
export function extentsQuery({ context, step }: Pick<Worker, "context" | "step">): string {
  return `SELECT ${EXTENT_COLUMNS} FROM segue.extent AS e WHERE e.rollout = ${context.rollout} AND e.step = ${literal(step.id)} ORDER BY e.id`;
}

export async function readExtents(worker: Worker): Promise<Extent[]> {
  return (await worker.ask<ExtentRow>(extentsQuery(worker))).map(toExtent);
}

/**
 * Begins a leaf again whose storage is another one: a rewrite has moved rows between its parts, those that are done
 * included. Nobody's claim on any of them stands. False if somebody else has done it already.
 *
 * @param stripes null for a fill by key
 */
export async function restartLeaf(worker: Worker, leaf: Leaf, stripes: number | null): Promise<boolean> {
  const { rollout } = worker.context;
  const { schema, name } = leaf.table;
  const parts =
    `SELECT id, part, count(*) OVER () AS parts FROM (SELECT id, part FROM segue.extent WHERE rollout = ${rollout} ` +
    `AND step = ${literal(worker.step.id)} AND schema_name = ${literal(schema)} AND table_name = ${literal(name)} ` +
    // In one order: two that find the same rewrite take turns.
    `ORDER BY id FOR NO KEY UPDATE) AS locked`;
  const first = `${leaf.blocks}::bigint * p.part / p.parts`;
  const results = await worker.commit(
    fenced(
      worker.context,
      `WITH p AS MATERIALIZED (${parts}) UPDATE segue.extent AS e SET relfilenode = ${leaf.relfilenode}, first_block = ${first}, ` +
        `end_block = ${leaf.blocks}::bigint * (p.part + 1) / p.parts, cursor_block = ${first}, cursor_key = NULL, stripe = 0, stripes = ${stripes ?? "NULL"}, ` +
        `state = 'pending', swept = false, owner = NULL, updated_at = clock_timestamp() ` +
        `FROM p WHERE e.id = p.id AND e.relfilenode IS DISTINCT FROM ${leaf.relfilenode}::oid`,
    ),
  );
  return (results.at(-1)?.rowCount ?? 0) > 0;
}

/** Starts a sweep of the worker's extent: every row of it without stripes, and if it is the last one as large as the leaf is now. */
export async function startSweep(worker: Worker, extent: Extent, leaf: Leaf): Promise<Extent> {
  const swept = sweepOf(extent, leaf);
  await worker.commit(
    held(
      worker.context,
      { extent: extent.id, owner: worker.owner },
      `UPDATE segue.extent SET ${sweepSet(swept)} WHERE id = ${extent.id}`,
    ),
  );
  return swept;
}

/** Sets extents that are done to be swept again, by whoever claims them. */
export async function reopenExtents(worker: Worker, extents: readonly [Extent, Leaf][]): Promise<void> {
  const updates = extents.map(
    ([extent, leaf]) =>
      `UPDATE segue.extent SET ${sweepSet(sweepOf(extent, leaf))}, relfilenode = ${leaf.relfilenode}, state = 'pending', swept = false ` +
      `WHERE id = ${extent.id} AND state = 'done'`,
  );
  if (updates.length > 0) await worker.commit(fenced(worker.context, ...updates));
}

function sweepOf(extent: Extent, leaf: Leaf): Extent {
  const endBlock = extent.last ? Math.max(extent.firstBlock, leaf.blocks) : extent.endBlock;
  return { ...extent, endBlock, block: extent.firstBlock, cursorKey: null, stripe: 0, stripes: SWEEP };
}

function sweepSet(swept: Extent): string {
  return `end_block = ${swept.endBlock}, cursor_block = ${swept.block}, cursor_key = NULL, stripe = 0, stripes = ${SWEEP}, updated_at = clock_timestamp()`;
}
