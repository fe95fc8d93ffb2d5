import { SegueError } from "../model/errors.ts";
import { acquireLease, type Claimant, type Lease, leaseHeld, readLease } from "../journal/lease.ts";
import { rolloutLockHolder, tryRolloutLock } from "../postgres/advisory-lock.ts";
import { rolloutById } from "../journal/rollouts.ts";
import { settleOrphans } from "../postgres/orphans.ts";
import type { Session } from "../postgres/session.ts";
import { sleep } from "../postgres/sleep.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";

/** How long a session that holds the lock without a lease gets: it may be about to take one, or be on its way out. */
const GRACE_MS = 3_000;
const POLL_MS = 100;

interface Claim {
  readonly epoch: number;
  /** Of the owner whose lease had run out, or whose process had died. */
  readonly previous: Lease | null;
}

/**
 * Claims a rollout. Two guards tell who runs it: the advisory lock of a session, which the server lets go as soon as its
 * client is dead, and the lease, which runs out if its owner hangs. Lock and lease held: refused. Lock free: the owner
 * is dead, whatever its lease says. Lock held but the lease run out: the owner hangs, and is ended by the caller.
 *
 * @throws SegueError SEG0305 with the owner's name; SEG0403 if the claimant had it and another has taken over since
 */
export async function claimRollout(
  session: Session,
  rollout: string,
  claimant: Claimant,
  signal: AbortSignal,
): Promise<Claim> {
  const deadline = performance.now() + GRACE_MS;
  for (;;) {
    if (await tryRolloutLock(session, rollout)) return await take(session, rollout, claimant, true);
    const lease = await readLease(session, rollout);
    const held = lease !== null && !lease.expired;
    const { force } = claimant;
    if (force || held || performance.now() > deadline) return await take(session, rollout, claimant, force);
    await sleep(POLL_MS, signal);
  }
}

/** Raises the epoch; a runner that hangs inside a transaction, and so holds the rollout's row, is ended first. */
async function take(session: Session, rollout: string, claimant: Claimant, force: boolean): Promise<Claim> {
  // Read before all else: whoever takes over meanwhile has a later one, and is not ended.
  const { epoch } = await rolloutById(session, rollout);
  try {
    return await acquireLease(session, rollout, claimant, { force });
  } catch (error) {
    if (sqlstateOf(error) !== SQLSTATE.lockNotAvailable) throw error;
    // It is in the middle of a transaction: alive, unless its lease has run out or it is an earlier session of this run.
    const lease = await readLease(session, rollout);
    if (lease !== null && lease.owner !== claimant.owner && !force && !lease.expired)
      throw leaseHeld(claimant.plan, lease);
    await settleOrphans(session, rollout, epoch + 1, { patience: 0 });
    return await acquireLease(session, rollout, claimant, { force });
  }
}

/**
 * The lock, once those that held it were ended.
 *
 * @throws SegueError SEG0305 if one of them does not let go
 */
export async function requireRolloutLock(session: Session, rollout: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + GRACE_MS;
  for (;;) {
    const holder = await rolloutLockHolder(session, rollout);
    if (holder?.pid === session.pid || (await tryRolloutLock(session, rollout))) return;
    if (performance.now() > deadline) {
      throw new SegueError("SEG0305", {
        message: `session ${holder?.pid ?? "?"} (${holder?.application ?? "unknown"}) still holds the rollout's advisory lock, though its lease has run out`,
        object: `rollout ${rollout}`,
        left: "Nothing changed.",
        next: "end that session (pg_terminate_backend), and try again",
      });
    }
    await sleep(POLL_MS, signal);
  }
}
