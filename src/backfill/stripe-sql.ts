import type { RelationName } from "../model/relation.ts";
import { ROW } from "../model/step.ts";
import { qualified } from "../sql/identifier.ts";

/** Blocks [from, to) of a heap. */
export interface Blocks {
  readonly from: number;
  readonly to: number;
}

/** A part of the rows: those behind these of each page's line pointers, which count from 1. */
export type Stripe = readonly number[];

/** The TID range scan's condition: blocks [from, to). */
export function inRange({ from, to }: Blocks, row: string = ROW): string {
  return `${row}.ctid >= '(${from},0)'::tid AND ${row}.ctid < '(${to},0)'::tid`;
}

/**
 * The condition for the rows of a stripe, which are fetched by their places: of each page no others are looked at. A row keeps its place
 * until it is updated. Fetching by place never prunes a page, a scan does: it makes the room for the new versions.
 */
export function inStripe(table: RelationName, { from, to }: Blocks, stripe: Stripe): string {
  const pruned = `SELECT count(*) AS rows FROM ONLY ${qualified(table)} AS seen WHERE ${inRange({ from, to }, "seen")}`;
  // Nothing makes a tid of two numbers. The texts of pages are made once, not once a pointer.
  const pages = `SELECT '(' || block || ',' AS page FROM generate_series(${from}, ${to - 1}) AS block OFFSET 0`;
  const pointers = `unnest(ARRAY[${stripe.map((pointer) => `'${pointer})'`).join(", ")}]) AS pointer`;
  return (
    `${ROW}.ctid = ANY (ARRAY(SELECT (page || pointer)::tid FROM (${pruned}) AS pruned, (${pages}) AS pages, ${pointers} ` +
    `WHERE pruned.rows >= 0))`
  );
}
