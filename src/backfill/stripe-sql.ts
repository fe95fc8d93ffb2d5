import { ROW } from "../model/step.ts";
import { ident } from "../sql/identifier.ts";

/** Blocks [from, to) of a heap. */
export interface Blocks {
  readonly from: number;
  readonly to: number;
}

/** A part of the rows, as a condition on them. */
export interface Stripe {
  readonly where: string;
  /** True if an index answers it. */
  readonly indexed: boolean;
}

/** The number, as SQL, of the stripe that a row belongs to. */
export function maskOf(by: string | null, stripes: number): string {
  const number = by === null ? `hashtid(${ROW}.ctid)` : `${ROW}.${ident(by)}`;
  return `(${number} & ${stripes - 1})`;
}

/** The TID range scan's condition: blocks [from, to). */
export function inRange({ from, to }: Blocks): string {
  return `${ROW}.ctid >= '(${from},0)'::tid AND ${ROW}.ctid < '(${to},0)'::tid`;
}
