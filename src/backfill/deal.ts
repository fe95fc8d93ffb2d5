import { type FillStep, ROW } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import type { Leaf } from "./leaves.ts";
import { inRange, maskOf } from "./stripe-sql.ts";
import { MOST_STRIPES, stripeSizes } from "./stripes.ts";

/** How the rows of a leaf are dealt to stripes, and found. All of it is a choice of speed: what it misses, the sweep finds. */
export interface Deal {
  /** An integer column whose low bits deal the rows; null: a hash of their places. */
  readonly by: string | null;
  readonly rowsPerPage: number;
  /** A key that counts up along the table: the rows of a stripe are found by its index. */
  readonly counting: Counting | null;
  /** The least number of parts that take turns; see TURNS. */
  readonly turns: number;
  /** A window is visited once a stripe: with more blocks than these, its pages would not stay in memory. */
  readonly mostBlocks: number;
  /**
   * True if hardly a row has nothing to be filled with, and no trigger of the application would see it written: then an expression is
   * computed once, not in the predicate as well.
   */
  readonly eager: boolean;
}

export interface Counting {
  readonly column: string;
  /** How many rows of a page each stripe takes. */
  readonly sizes: readonly number[];
}

/** What the rows are filled with. */
type Values = Pick<FillStep, "set" | "where" | "empty" | "syncTrigger">;

type Sample = Record<string, number | null>;

interface Asking {
  ask(sql: string): Promise<Sample[]>;
  glance(sql: string): Promise<Sample | null>;
}

const SAMPLES = 32;
/** An expression may take its time. */
const VALUES_A_PAGE = 4;
/** Pages that lie this share of the table apart, around and around, are of all its parts, whatever repeats along it. */
const GOLDEN = 0.618_033_988_75;
/** A window takes one of so many blocks of shared_buffers: the indexes and everybody else have the others. */
const BUFFERS_A_WINDOW = 8;
const FEWEST_BLOCKS = 256;
/** Of so many rows without a value it can be told that most get one. */
const ENOUGH_ROWS = 32;
/** A row's growth where it can't be computed. */
const SOME_BYTES = 16;

/**
 * Looks at pages all along the table. Where a stripe has more rows of a page than the one before has left room for, they go to other
 * pages: a key that counts up gives each stripe the same number of rows, a hash gives some of them twice as many.
 *
 * @param fill null for a list of rows
 * @param turns of TURNS
 */
export async function chooseDeal(leaf: Leaf, fill: Values | null, turns: number, asking: Asking): Promise<Deal> {
  const blind: Deal = { by: null, rowsPerPage: 1, counting: null, turns, mostBlocks: FEWEST_BLOCKS, eager: false };
  if (leaf.method === "key" || leaf.blocks === 0) return blind;
  // What the expressions take is not known, and neither is whether they can be computed.
  const values = fill === null ? null : await asking.glance(sampleValues(leaf, fill));
  const eager = values?.["vacant"] === 0 && (values["empty"] ?? 0) >= ENOUGH_ROWS && values["triggers"] === 0;
  const [found] = await asking.ask(sampleKeys(leaf));
  const most = [null, ...leaf.integerKeys].map((by, index) => ({ by, rows: found?.[`most_${index}`] ?? Infinity }));
  const { by } = most.reduce((best, other) => (other.rows < best.rows ? other : best));
  const { leadingKey, fillfactor, indexes } = leaf;
  const counts = fill !== null && leadingKey !== null && (found?.["counting"] ?? 0) > 0.5;
  const rowsPerPage = Math.max(1, found?.["rows"] ?? 1);
  const mostBlocks = Math.max(FEWEST_BLOCKS, Math.floor((found?.["buffers"] ?? 0) / BUFFERS_A_WINDOW));
  if (!counts) return { ...blind, by, rowsPerPage, mostBlocks, eager };
  const sizes = stripeSizes({ rows: rowsPerPage, fillfactor, growth: values?.["growth"] ?? SOME_BYTES, indexes });
  return { ...blind, by, rowsPerPage, counting: { column: leadingKey, sizes }, mostBlocks, eager };
}

/**
 * Of some rows, how many have no value yet (`empty`), and for how many of these there is none (`vacant`); by how many bytes a row
 * grows; and how many `triggers` other than the plan's own there are.
 */
function sampleValues(leaf: Leaf, { set, where, empty, syncTrigger }: Values): string {
  const bytes = set.map(({ value }) => `coalesce(pg_column_size(${value}), 0)`).join(" + ");
  const counts =
    empty === undefined
      ? []
      : [
          `count(*) FILTER (WHERE ${empty})::float8 AS empty`,
          `count(*) FILTER (WHERE (${empty}) AND (${where}) IS NOT TRUE)::float8 AS vacant`,
        ];
  const triggers =
    `SELECT count(*)::int FROM pg_trigger AS t WHERE t.tgrelid = ${literal(qualified(leaf.table))}::regclass ` +
    `AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgname <> ${literal(syncTrigger ?? "")}`;
  const figures = [...counts, `avg(${bytes})::float8 AS growth`, `(${triggers}) AS triggers`];
  return `SELECT ${figures.join(", ")} FROM (${sampled(leaf, "*", VALUES_A_PAGE)}) AS ${ROW}`;
}

/**
 * For each way to deal, `most_<n>`: how many rows of a page its largest stripe has, on average; `rows` of the middle one of all pages; and
 * the share of pages in which the leading key is `counting`; and the server's shared `buffers`, in blocks.
 */
function sampleKeys(leaf: Pick<Leaf, "table" | "blocks" | "integerKeys" | "leadingKey">): string {
  const deals = [null, ...leaf.integerKeys].map((by) => maskOf(by, MOST_STRIPES));
  const key = leaf.leadingKey === null ? "NULL::bigint" : `${ROW}.${ident(leaf.leadingKey)}`;
  const columns = `(${ROW}.ctid::text::point)[0] AS page, ${key} AS key, ${deals.map((deal, n) => `${deal} AS deal_${n}`).join(", ")}`;
  const most = deals.map((_, n) => {
    const stripe = `SELECT page, count(*) AS rows FROM sample GROUP BY page, deal_${n}`;
    return `(SELECT avg(rows)::float8 FROM (SELECT max(rows) AS rows FROM (${stripe}) AS s GROUP BY page) AS p) AS most_${n}`;
  });
  const pages = `SELECT count(*) AS rows, max(key)::numeric - min(key) AS span FROM sample GROUP BY page`;
  const counting = `CASE WHEN span < 2 * rows AND 2 * span > rows THEN 1 ELSE 0 END`;
  return (
    `WITH sample AS MATERIALIZED (${sampled(leaf, columns, "ALL")}), pages AS MATERIALIZED (${pages}) SELECT ${most.join(", ")}, ` +
    `(SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY rows)::int FROM pages) AS rows, (SELECT avg(${counting})::float8 FROM pages) AS counting, ` +
    `(SELECT setting::int FROM pg_settings WHERE name = 'shared_buffers') AS buffers`
  );
}

/** @param limit rows a page */
function sampled({ table, blocks }: Pick<Leaf, "table" | "blocks">, columns: string, limit: number | "ALL"): string {
  const pages = [...new Set(Array.from({ length: SAMPLES }, (_, n) => Math.floor(blocks * ((n * GOLDEN) % 1))))];
  const rows = pages.map((from) => {
    const page = `FROM ONLY ${qualified(table)} AS ${ROW} WHERE ${inRange({ from, to: from + 1 })}`;
    return `(SELECT ${columns} ${page} LIMIT ${limit})`;
  });
  return rows.join(" UNION ALL ");
}
