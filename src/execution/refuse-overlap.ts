import { overlap } from "../compiler/scope.ts";
import { touchesInFlight } from "../journal/rollouts.ts";
import { SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import type { Program, Touch } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import type { Session } from "../postgres/session.ts";

/** @throws SegueError SEG0105 if the plan names a rollout in flight in its `conflicts` */
export async function refuseConflict(session: Session, plan: Plan): Promise<void> {
  const other = (await touchesInFlight(session)).find((inFlight) => plan.conflicts.includes(inFlight.plan));
  if (other === undefined) return;
  throw new SegueError("SEG0105", {
    message: `${plan.id} conflicts with ${other.plan}, which is ${other.state}`,
    object: plan.id,
    next: `finish or reverse ${other.plan} first`,
  });
}

/**
 * Two rollouts on one column undo each other's work. To be asked behind lockRollouts(), by a rollout that is on its way
 * into flight.
 *
 * @throws SegueError SEG0105 with the rollout of another plan that works on the same
 */
export async function refuseOverlap(session: Session, plan: string, touches: readonly Touch[]): Promise<void> {
  for (const other of await touchesInFlight(session)) {
    const found = other.plan === plan ? null : overlap(touches, other.touches);
    if (found === null) continue;
    const message = `the rollout of ${other.plan} (${other.state}) works on ${placeOf(found)} too`;
    throw overlapping(message, found, other.plan);
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
    if (other.plan === plan) continue;
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
