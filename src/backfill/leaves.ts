import { SegueError } from "../model/errors.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ROW } from "../model/step.ts";
import { qualified } from "../sql/identifier.ts";
import { inRange } from "./stripe-sql.ts";

/** A table with rows of its own: the table itself, or a leaf of its partition tree. */
export interface Leaf {
  readonly table: RelationName;
  /** A rewrite keeps it; another table that takes the name has another. */
  readonly oid: number;
  /** `stripe` on heaps; `key` where the access method may have no TID range scan. */
  readonly method: "stripe" | "key";
  readonly relfilenode: number;
  readonly blocks: number;
  /** By the statistics; null if it was never analysed. */
  readonly rowsPerPage: number | null;
  /** The columns by which rows are ordered and found under method `key`; empty under `stripe`. */
  readonly order: readonly string[];
  /** Percent. */
  readonly fillfactor: number;
  /** How many indexes an update that is not HOT writes to. */
  readonly indexes: number;
}

/** A table and what its rows are stored in. */
export interface Tree {
  readonly leaves: readonly Leaf[];
  /** The primary key of the table itself; empty if it has none. */
  readonly primaryKey: readonly string[];
}

interface LeafRow {
  oid: string;
  schema: string;
  name: string;
  relkind: string;
  heap: boolean;
  relfilenode: string | null;
  blocks: string;
  rows_per_page: number | null;
  order_columns: string[] | null;
  fillfactor: number;
  indexes: number;
}

const LEAVES = `
WITH RECURSIVE tree AS (
  SELECT to_regclass($1)::oid AS oid
  UNION
  SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid AND NOT i.inhdetachpending
)
SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name, c.relkind, am.amname IS NOT DISTINCT FROM 'heap' AS heap,
       pg_relation_filenode(c.oid)::text AS relfilenode,
       (CASE WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) ELSE 0 END / current_setting('block_size')::bigint)::text AS blocks,
       CASE WHEN c.reltuples > 0 AND c.relpages > 0 THEN c.reltuples / c.relpages END::float8 AS rows_per_page,
       (SELECT array_agg(a.attname::text ORDER BY k.position)
          FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
         WHERE k.position <= i.indnkeyatts) AS order_columns,
       coalesce((SELECT o.option_value::int FROM pg_options_to_table(c.reloptions) AS o WHERE o.option_name = 'fillfactor'), 100) AS fillfactor,
       (SELECT count(*)::int FROM pg_index x WHERE x.indrelid = c.oid AND x.indisready) AS indexes
  FROM tree
  JOIN pg_class c ON c.oid = tree.oid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_am am ON am.oid = c.relam
  -- The primary key, or any unique index that holds every row once.
  LEFT JOIN LATERAL (
    SELECT x.* FROM pg_index x
     WHERE x.indrelid = c.oid AND x.indisunique AND x.indimmediate AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL
       AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (x.indkey::int2[]) AND NOT a.attnotnull)
     ORDER BY x.indisprimary DESC, x.indexrelid LIMIT 1) AS i ON true
 ORDER BY n.nspname, c.relname`;

const PRIMARY_KEY = `
SELECT a.attname::text AS name
  FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
  JOIN pg_attribute a ON a.attrelid = to_regclass($1) AND a.attnum = k.attnum
 WHERE i.indrelid = to_regclass($1) AND i.indisprimary AND k.position <= i.indnkeyatts
 ORDER BY k.position`;

/**
 * Reads what a table's rows are stored in. Takes no lock that anyone waits for; relation sizes are in blocks.
 *
 * @throws SegueError SEG0101 if the table is gone, SEG0103 for a foreign table or one without a way to walk it
 */
export async function readTree(
  table: RelationName,
  ask: <R>(sql: string, values: readonly unknown[]) => Promise<R[]>,
): Promise<Tree> {
  const name = qualified(table);
  const found = await ask<LeafRow>(LEAVES, [name]);
  if (found.length === 0) {
    throw new SegueError("SEG0101", {
      message: `The table ${relationKey(table)} does not exist`,
      object: relationKey(table),
    });
  }
  const primaryKey = await ask<{ name: string }>(PRIMARY_KEY, [name]);
  return {
    leaves: found.filter((row) => row.relkind !== "p").map(leafOf),
    primaryKey: primaryKey.map((row) => row.name),
  };
}

function leafOf(row: LeafRow): Leaf {
  const table: RelationName = { schema: row.schema, name: row.name };
  const refuse = (why: string): never => {
    throw new SegueError("SEG0103", { message: `${relationKey(table)} ${why}`, object: relationKey(table) });
  };
  if (row.relkind !== "r")
    refuse(row.relkind === "f" ? "is a foreign table: its rows are in another database" : "is not a table");
  const order = row.order_columns ?? [];
  if (!row.heap && order.length === 0) refuse("is not a heap, and has no primary key to walk it by");
  return {
    table,
    oid: Number(row.oid),
    method: row.heap ? "stripe" : "key",
    relfilenode: Number(row.relfilenode),
    blocks: Number(row.blocks),
    rowsPerPage: row.rows_per_page,
    order: row.heap ? [] : order,
    fillfactor: row.fillfactor,
    indexes: row.indexes,
  };
}

const SAMPLED_BLOCKS = 16;

/** Live rows on an average page; counted on some pages in the middle where there are no statistics. */
export async function rowsPerPage(leaf: Leaf, ask: (sql: string) => Promise<{ rows: number }[]>): Promise<number> {
  if (leaf.rowsPerPage !== null) return leaf.rowsPerPage;
  if (leaf.blocks === 0 || leaf.method === "key") return 0;
  const from = Math.floor(leaf.blocks / 2);
  const to = Math.min(leaf.blocks, from + SAMPLED_BLOCKS);
  const [sample] = await ask(
    `SELECT count(*)::int AS rows FROM ONLY ${qualified(leaf.table)} AS ${ROW} WHERE ${inRange({ from, to })}`,
  );
  return (sample?.rows ?? 0) / (to - from);
}
