import { type ReplicaLag, replicaLag } from "../postgres/replicas.ts";
import type { Session } from "../postgres/session.ts";

/** A stopped fill goes on below this part of the threshold, so that it does not stop and go at every poll. */
const RESUME_BELOW = 0.5;

/**
 * Why the replicas' lag stops a fill; null if it does not. A lag that can't be read stops it too: it is unknown, not zero.
 *
 * @param threshold milliseconds
 * @param resuming true while the fill stands still for it
 */
export function lagReason(replicas: readonly ReplicaLag[], threshold: number, resuming: boolean): string | null {
  const unknown = replicas.find((replica) => replica.lagMs === null);
  if (unknown !== undefined) {
    if (unknown.lagBytes === null)
      return `the lag of replica ${unknown.name} can't be read (grant pg_monitor to this role)`;
    return `replica ${unknown.name} is catching up and has not reported its lag yet`;
  }
  const limit = resuming ? threshold * RESUME_BELOW : threshold;
  const worst = replicas.reduce<ReplicaLag | null>(
    (a, b) => (a === null || (b.lagMs ?? 0) > (a.lagMs ?? 0) ? b : a),
    null,
  );
  if (worst === null || (worst.lagMs ?? 0) <= limit) return null;
  return `replica ${worst.name} is behind by more than ${limit / 1000} s`;
}

/** The brake that watches every replica, or none if the plan sets no threshold. */
export function replicaBrake(
  observer: Session,
  threshold: number | null,
): (resuming: boolean) => Promise<string | null> {
  if (threshold === null) return async () => null;
  return async (resuming) => lagReason(await replicaLag(observer), threshold, resuming);
}
