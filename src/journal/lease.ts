import { SegueError } from "../model/errors.ts";
import type { Session } from "../postgres/session.ts";

/** How long a runner may be silent before another may take over, in milliseconds. */
export const LEASE_MS = 15_000;
export const HEARTBEAT_MS = 3_000;

export interface Lease {
  readonly owner: string;
  readonly epoch: number;
  readonly expiresAt: Date;
  /** When its owner gave a sign of life last. */
  readonly seenAt: Date;
  readonly expired: boolean;
}

/** The lease of a rollout as it stands, by the database's clock; null if nobody ever held it or it was given back. */
export async function readLease(session: Session, rollout: string): Promise<Lease | null> {
  const { rows } = await session.query<{
    owner: string;
    epoch: string;
    expires_at: Date;
    seen_at: Date;
    expired: boolean;
  }>(
    `SELECT owner, epoch, expires_at, expires_at - $2 * interval '1 millisecond' AS seen_at, expires_at <= clock_timestamp() AS expired
       FROM segue.lease WHERE rollout = $1`,
    [rollout, LEASE_MS],
  );
  const row = rows[0];
  return row === undefined
    ? null
    : {
        owner: row.owner,
        epoch: Number(row.epoch),
        expiresAt: row.expires_at,
        seenAt: row.seen_at,
        expired: row.expired,
      };
}

/** A run that wants the lease, for as long as it lives: it may lose its connection, and come back. */
export interface Claimant {
  /** The rollout's plan, for messages. */
  readonly plan: string;
  /** Another one for each run. */
  readonly owner: string;
  /** Takes the lease from whoever has it. */
  readonly force: boolean;
  /** The epoch that it was given last, or null. Noted before the commit, whose answer may be lost. */
  epoch: number | null;
}

/**
 * Takes the lease and raises the epoch, so that no transaction of an earlier runner can commit from here on.
 * `previous` is the lease of the owner who has not given it back, null if it was free.
 *
 * @throws SegueError SEG0305 with the owner's name while another holds it; SEG0403 if the claimant had it, and another
 *   took it over while the claimant was away
 */
export async function acquireLease(
  session: Session,
  rollout: string,
  claimant: Claimant,
  { force = claimant.force } = {},
): Promise<{ epoch: number; previous: Lease | null }> {
  const { owner, epoch: mine } = claimant;
  return await session.transaction(async () => {
    // A runner that hangs inside a transaction holds the row by its fence: the caller ends it, and comes back.
    await session.query(`SET LOCAL lock_timeout = '1s'`);
    const { rows } = await session.query<{ epoch: string }>(
      `UPDATE segue.rollout SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch`,
      [rollout],
    );
    const epoch = Number(rows[0]?.epoch);
    const held = await readLease(session, rollout);
    const foreign = held !== null && held.owner !== owner;
    if (mine !== null && (epoch - 1 > mine || (epoch - 1 === mine && foreign))) throw takenOver(claimant.plan);
    if (foreign && !held.expired && !force) throw leaseHeld(claimant.plan, held);
    await session.query(
      `INSERT INTO segue.lease (rollout, owner, epoch, expires_at)
       VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
       ON CONFLICT (rollout) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch, expires_at = excluded.expires_at`,
      [rollout, owner, epoch, LEASE_MS],
    );
    claimant.epoch = epoch;
    return { epoch, previous: held };
  });
}

/** What a runner ends with whose lease was taken over. */
export function takenOver(plan: string): SegueError {
  return new SegueError("SEG0403", {
    message: `another runner has taken over ${plan}`,
    object: plan,
    left: "What this runner committed stands; nothing of it is lost.",
    next: `segue status ${plan}`,
  });
}

/** What a runner ends with while another one holds the lease. */
export function leaseHeld(plan: string, lease: Pick<Lease, "owner" | "expiresAt">): SegueError {
  return new SegueError("SEG0305", {
    message: `${plan} is being run by ${lease.owner}`,
    object: plan,
    left: "Nothing changed.",
    next: `wait for it (segue status ${plan} --watch), or segue unlock ${plan} if that process is known to be dead`,
    detail: { owner: lease.owner, expires_at: lease.expiresAt.toISOString() },
  });
}

/** Renews the lease; false if it is no longer ours. */
export async function renewLease(session: Session, rollout: string, epoch: number): Promise<boolean> {
  const { rowCount } = await session.query(
    `UPDATE segue.lease SET expires_at = clock_timestamp() + $3 * interval '1 millisecond' WHERE rollout = $1 AND epoch = $2`,
    [rollout, epoch, LEASE_MS],
  );
  return rowCount === 1;
}

/** Gives the lease back, if it is still ours. */
export async function releaseLease(session: Session, rollout: string, epoch: number): Promise<void> {
  await session.query(`DELETE FROM segue.lease WHERE rollout = $1 AND epoch = $2`, [rollout, epoch]);
}

/** The fence of a transaction: an error if another runner has taken over; holds off a takeover until the transaction ends. */
export async function fence(session: Session, rollout: string, epoch: number): Promise<void> {
  await session.query(`SELECT segue.fence($1, $2)`, [rollout, epoch]);
}
