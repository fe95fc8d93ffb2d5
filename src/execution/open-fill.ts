import type { BatchStep } from "../backfill/lane.ts";
import { stepsOf } from "../journal/steps.ts";
import type { Session } from "../postgres/session.ts";

/**
 * What a worker beside the runner can work on: the step whose extents are being filled; `later` if it has none to be had
 * yet, because the runner is at another step or about to make them; `none` if nothing is left to be filled.
 */
export async function openFill(session: Session, rollout: string): Promise<BatchStep | "later" | "none"> {
  const open = (await stepsOf(session, rollout)).flatMap(({ stage, state, step }) =>
    stage === "backfill" && state !== "done" && (step.kind === "fill" || step.kind === "rows") ? [{ state, step }] : [],
  );
  const [first, ...more] = open;
  if (first === undefined) return "none";
  const { rows } = await session.query<{ extents: number; open: number }>(
    `SELECT count(*)::int AS extents, (count(*) FILTER (WHERE state <> 'done'))::int AS open
       FROM segue.extent WHERE rollout = $1 AND step = $2`,
    [rollout, first.step.id],
  );
  const { extents, open: left } = rows[0] ?? { extents: 0, open: 0 };
  if (first.state === "running" && left > 0) return first.step;
  return extents > 0 && more.length === 0 ? "none" : "later";
}
