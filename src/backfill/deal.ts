import { type FillStep, ROW } from "../model/step.ts";
import { qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import type { Told } from "./batch-sql.ts";
import type { Leaf } from "./leaves.ts";
import { type Share, sharesOf } from "./page-shares.ts";
import { inRange, type Stripe } from "./stripe-sql.ts";
import { stripesFor, stripesOf } from "./stripes.ts";

/** How the rows of a leaf are dealt to stripes. All of it is a choice of speed: what it misses, the sweep finds. */
export interface Deal {
  readonly stripes: readonly DealtStripe[];
  /** The least number of parts that take turns; see TURNS. */
  readonly turns: number;
  /** A window is visited once a stripe: with more blocks than these, its pages would not stay in memory. */
  readonly mostBlocks: number;
  /**
   * By what stripes tell the rows that need the fill: without computing an expression, which is computed for the value anyway, where that
   * hits the same rows, as far as can be seen, and no trigger of the application would see one written for nothing.
   */
  readonly by: Told;
}

export interface DealtStripe extends Share {
  readonly stripe: Stripe;
}

/** What the rows are filled with. */
type Values = Pick<FillStep, "set" | "where" | "empty" | "sourced" | "syncTrigger">;

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
const BUFFERS_A_WINDOW = 4;
const FEWEST_BLOCKS = 256;
/** Of so many rows without a value it can be told that most get one. */
const ENOUGH_ROWS = 32;
/** A row's growth where it can't be computed. */
const SOME_BYTES = 16;

/**
 * Looks at pages all along the table.
 *
 * @param fill null for a list of rows
 * @param turns of TURNS
 */
export async function chooseDeal(leaf: Leaf, fill: Values | null, turns: number, asking: Asking): Promise<Deal> {
  const blind: Deal = {
    stripes: [{ stripe: [1], rows: 1, leaving: 1 }],
    turns,
    mostBlocks: FEWEST_BLOCKS,
    by: "where",
  };
  if (leaf.method === "key" || leaf.blocks === 0) return blind;
  // What the expressions take is not known, and neither is whether they can be computed.
  const values = fill === null ? null : await asking.glance(sampleValues(leaf, fill));
  const [page] = await asking.ask(samplePages(leaf));
  const rows = Math.max(1, page?.["rows"] ?? 1);
  const { fillfactor, indexes } = leaf;
  const shares =
    fill === null
      ? Array.from({ length: stripesFor(rows) }, () => ({ rows: rows / stripesFor(rows), leaving: 0 }))
      : sharesOf({ rows, fillfactor, growth: values?.["growth"] ?? SOME_BYTES, indexes });
  // Where no row can stay, the watch over HOT updates is to find just that: ranges are filled then, with VACUUM in between.
  const someStay = shares.some((share) => share.leaving < share.rows);
  const stripes = stripesOf(shares, page?.["pointers"] ?? 1)
    .map((stripe, n) => ({ rows: 1, leaving: 0, ...shares[n], ...(someStay ? {} : { leaving: 0 }), stripe }))
    .filter(({ stripe }) => stripe.length > 0);
  const mostBlocks = Math.max(FEWEST_BLOCKS, Math.floor((page?.["buffers"] ?? 0) / BUFFERS_A_WINDOW));
  return { stripes, turns, mostBlocks, by: toldBy(values) };
}

function toldBy(values: Sample | null): Told {
  if (values === null || (values["wanted"] ?? 0) < ENOUGH_ROWS || values["triggers"] !== 0) return "where";
  if (values["empty"] === values["wanted"]) return "empty";
  return values["not sourced"] === 0 ? "sourced" : "where";
}

/**
 * Of some rows, how many have no value yet (`empty`), and for how many of these there is one (`wanted`); for how many `sourced` says otherwise;
 * by how many bytes a row grows; and how many `triggers` other than the plan's own there are.
 */
function sampleValues(leaf: Leaf, { set, where, empty, sourced, syncTrigger }: Values): string {
  const bytes = set.map(({ value }) => `coalesce(pg_column_size(${value}), 0)`).join(" + ");
  const counts =
    empty === undefined
      ? []
      : [`count(*) FILTER (WHERE ${empty})::float8 AS empty`, `count(*) FILTER (WHERE ${where})::float8 AS wanted`];
  if (sourced !== undefined)
    counts.push(`count(*) FILTER (WHERE (${sourced}) IS DISTINCT FROM ((${where}) IS TRUE))::float8 AS "not sourced"`);
  const triggers =
    `SELECT count(*)::int FROM pg_trigger AS t WHERE t.tgrelid = ${literal(qualified(leaf.table))}::regclass ` +
    `AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgname <> ${literal(syncTrigger ?? "")}`;
  const figures = [...counts, `avg(${bytes})::float8 AS growth`, `(${triggers}) AS triggers`];
  return `SELECT ${figures.join(", ")} FROM (${sampled(leaf, "*", VALUES_A_PAGE)}) AS ${ROW}`;
}

/**
 * `rows` of the middle one of all pages; `pointers`: up to which line pointer nine in ten pages have rows; the server's shared `buffers`, in
 * blocks.
 */
function samplePages(leaf: Pick<Leaf, "table" | "blocks">): string {
  const sample = sampled(leaf, `${ROW}.ctid::text::point AS place`, "ALL");
  const pages = `SELECT count(*) AS rows, max(place[1]) AS last FROM (${sample}) AS sample GROUP BY place[0]`;
  return (
    `SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY rows)::int AS rows, percentile_disc(0.9) WITHIN GROUP (ORDER BY last)::int AS pointers, ` +
    `(SELECT setting::int FROM pg_settings WHERE name = 'shared_buffers') AS buffers FROM (${pages}) AS pages`
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
