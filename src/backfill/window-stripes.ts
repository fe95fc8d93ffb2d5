import type { Deal } from "./deal.ts";
import type { Blocks, Stripe } from "./stripe-sql.ts";
import { MOST_PIECES, piecesOf } from "./stripes.ts";

/**
 * A window of blocks, and the statements that fill it, which commit apart. A smaller window has as many, some of which are over no
 * blocks: the n-th is over the same stripe when a window shrinks while it is filled.
 */
export interface Window extends Blocks {
  readonly steps: readonly WindowStep[];
}

interface WindowStep extends Blocks {
  readonly stripe: Stripe | null;
  /** The share of its rows that stay on their pages, if all goes well. */
  readonly staying: number;
}

/** What a window is dealt by that is filled in one statement. */
export const PLAIN = "plain";

/** Deals the rows of a window: stripe by stripe, and for each the pieces of the window in turn. */
export function dealWindow(blocks: Blocks, deal: Pick<Deal, "stripes" | "turns"> | typeof PLAIN): Window {
  if (deal === PLAIN) return { ...blocks, steps: [{ ...blocks, stripe: null, staying: 0 }] };
  const { stripes, turns } = deal;
  const pieces = piecesOf(stripes, turns);
  const steps = stripes.flatMap(({ stripe, rows, leaving }, n) =>
    cut(blocks, pieces[n] ?? turns).map((part) => ({ ...part, stripe, staying: 1 - leaving / rows })),
  );
  return { ...blocks, steps };
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
