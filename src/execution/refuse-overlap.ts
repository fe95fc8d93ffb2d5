import { overlap, touchesOf } from "../compiler/scope.ts";
import { touchesInFlight } from "../journal/rollouts.ts";
import { SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import type { Program, Touch } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import type { Session } from "../postgres/session.ts";

/** @throws SegueError SEG0105 if a rollout in flight works on the same column, or the plan names it in `conflicts`. */
export async function refuseOverlap(session: Session, plan: Plan, schema: string): Promise<void> {
  const mine = touchesOf(plan, schema);
  for (const other of await touchesInFlight(session)) {
    if (plan.conflicts.includes(other.plan)) {
      throw new SegueError("SEG0105", {
        message: `${plan.id} conflicts with ${other.plan}, which is ${other.state}`,
        object: plan.id,
        next: `finish or reverse ${other.plan} first`,
      });
    }
    const found = overlap(mine, other.touches);
    if (found !== null) {
      const message = `the rollout of ${other.plan} (${other.state}) works on ${placeOf(found)} too`;
      throw overlapping(message, found, other.plan);
    }
  }
}

/**
 * A sync that computes from a column fails every write of the application once another rollout has renamed it or taken
 * it back; two copies of one index for two columns leave one of them out. Both may read the same column.
 *
 * @throws SegueError SEG0105
 */
export async function refuseReading(session: Session, { plan, touches, reads }: Program): Promise<void> {
  for (const other of await touchesInFlight(session)) {
    const mine = overlap(reads, other.touches);
    if (mine !== null) {
      const message = `the rollout of ${other.plan} (${other.state}) works on ${placeOf(mine)}, which ${plan} reads`;
      throw overlapping(message, mine, other.plan);
    }
    const theirs = overlap(touches, other.reads);
    if (theirs !== null) {
      const message = `the rollout of ${other.plan} (${other.state}) reads ${placeOf(theirs)}, which ${plan} works on`;
      throw overlapping(message, theirs, other.plan);
    }
  }
}

function placeOf({ table, column }: Touch): string {
  return `${relationKey(table)}${column === null ? "" : `.${column}`}`;
}

function overlapping(message: string, found: Touch, plan: string): SegueError {
  return new SegueError("SEG0105", { message, object: placeOf(found), next: `finish or reverse ${plan} first` });
}
