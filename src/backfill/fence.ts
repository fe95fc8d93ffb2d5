import { literal } from "../sql/literal.ts";

/** Who sends a transaction: it can't commit once another runner has taken over. */
export interface Sender {
  readonly rollout: string;
  readonly epoch: number;
  /** A worker that has joined without the lease. */
  readonly joined?: boolean | undefined;
}

/** Statements under the fence, as one message and so one transaction. */
export function fenced(sender: Sender, ...statements: readonly string[]): string {
  return [`SELECT ${fence(sender)}`, ...statements].join(";\n");
}

/** Statements under the fence and the claim on an extent. */
export function held(
  sender: Sender,
  { extent, owner }: { readonly extent: string; readonly owner: string },
  ...statements: readonly string[]
): string {
  return [`SELECT ${fence(sender)}, segue.hold(${extent}, ${literal(owner)})`, ...statements].join(";\n");
}

function fence({ rollout, epoch, joined }: Sender): string {
  return `segue.fence(${rollout}, ${epoch}${joined === true ? ", 'backfilling'" : ""})`;
}
