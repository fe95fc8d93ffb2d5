import type { RelationName } from "../model/relation.ts";
import type { Deal } from "./deal.ts";
import { type AskBounds, isOneOf, joined, runsOf } from "./key-runs.ts";
import type { Blocks, Stripe } from "./stripe-sql.ts";
import { maskOf } from "./stripe-sql.ts";
import { MOST_PIECES, piecesOf, remaindersOf } from "./stripes.ts";

/**
 * A window of blocks, and the statements that fill it, which commit apart. A smaller window has as many, some of which are over no
 * blocks: the n-th is over the same stripe when a window shrinks while it is filled.
 */
export interface Window extends Blocks {
  readonly steps: readonly WindowStep[];
}

interface WindowStep extends Blocks {
  readonly stripe: Stripe | null;
  /** True for the stripe whose rows leave their pages. */
  readonly makesRoom: boolean;
}

/** What a table is dealt by when all of a window is filled in one statement. */
export const PLAIN = "plain";

/**
 * Deals the rows of a window. A key that counts up along the table may not do so here, where rows of elsewhere have filled free room.
 *
 * @param stripes how many there are where rows are not found by a key; a power of two
 */
export async function dealWindow(
  table: RelationName,
  blocks: Blocks,
  deal: Pick<Deal, "by" | "rowsPerPage" | "counting" | "turns"> | typeof PLAIN,
  stripes: number,
  ask: AskBounds,
): Promise<Window> {
  if (deal === PLAIN) return { ...blocks, steps: [{ ...blocks, stripe: null, makesRoom: false }] };
  const { by, rowsPerPage, counting, turns } = deal;
  const pieces = cut(blocks, MOST_PIECES);
  const runs = counting === null ? null : await runsOf(table, pieces, counting.column, ask);
  if (counting === null || runs === null) {
    const stripe = (n: number): Stripe => ({ where: `${maskOf(by, stripes)} = ${n}`, indexed: false });
    const even = Array.from({ length: stripes }, () => rowsPerPage / stripes);
    return { ...blocks, steps: inTurn(blocks, even, turns, (_, n) => stripe(n)) };
  }
  const { column, sizes } = counting;
  const { modulus, remainders } = remaindersOf(sizes);
  const found = (part: Blocks, n: number): Stripe => {
    const run = joined(runs.filter((_, piece) => isIn(part, pieces[piece])));
    return { where: isOneOf(column, remainders[n] ?? [], modulus, run), indexed: true };
  };
  return { ...blocks, steps: inTurn(blocks, sizes, turns, found) };
}

/** Stripe by stripe, and for each the pieces of the window in turn. */
function inTurn(
  blocks: Blocks,
  sizes: readonly number[],
  turns: number,
  stripeOf: (part: Blocks, n: number) => Stripe,
): readonly WindowStep[] {
  return piecesOf(sizes, turns).flatMap((pieces, n) =>
    cut(blocks, pieces).map((part) => ({ ...part, stripe: stripeOf(part, n), makesRoom: n === 0 })),
  );
}

/** So many parts of a window, some of them empty where it has fewer blocks. Larger ones consist of whole smaller ones. */
function cut({ from, to }: Blocks, parts: number): readonly Blocks[] {
  const piece = Math.ceil((to - from) / MOST_PIECES);
  const length = (piece * MOST_PIECES) / parts;
  return Array.from({ length: parts }, (_, n) => ({
    from: Math.min(to, from + n * length),
    to: Math.min(to, from + (n + 1) * length),
  }));
}

const isIn = (part: Blocks, piece: Blocks | undefined): boolean =>
  piece !== undefined && piece.from >= part.from && piece.to <= part.to;
