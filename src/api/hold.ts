import { type Intent, throttleOf } from "../journal/intents.ts";
import type { Lease } from "../journal/lease.ts";
import { standOf, throttledFor } from "../journal/stand.ts";
import type { Rollout } from "../model/rollout.ts";
import type { Session } from "../postgres/session.ts";

/** What holds a rollout, or will at its next batch. */
export interface Hold {
  /** `pausing`: its runner has not come to the end of its batch yet. */
  readonly held: "pausing" | "paused" | "stopped" | "slow" | null;
  readonly reason: string | null;
  /** ISO 8601. */
  readonly since: string | null;
  readonly throttle: { readonly ratio: number; readonly actor: string; readonly until: string | null } | null;
  /** Whole seconds for which signals have stopped it in all. */
  readonly throttledSeconds: number;
}

/** Reads what people ask of a rollout, and what its runner has told of throttles and pauses. */
export async function readHold(
  session: Session,
  rollout: Rollout,
  lease: Lease | null,
  intents: readonly Intent[],
): Promise<Hold> {
  const running = lease !== null && !lease.expired;
  const last = lease === null ? null : await standOf(session, rollout.id);
  const stand = running ? last : null;
  const pause = intents.find(({ kind }) => kind === "pause");
  const asked = throttleOf(intents);
  const throttle = asked === null ? null : { ...asked, until: asked.until?.toISOString() ?? null };
  const lasts = last?.stand === "stopped" ? await lastsFor(session, last.since, running ? null : lease) : 0;
  const throttledSeconds = Math.round(((await throttledFor(session, rollout.id)) + lasts) / 1_000);
  if (pause !== undefined) {
    const held = running && stand?.stand !== "paused" ? "pausing" : "paused";
    const reason =
      held === "paused" ? `by ${pause.actor}` : `by ${pause.actor}, once the running batch or step has ended`;
    return { held, reason, since: pause.createdAt.toISOString(), throttle, throttledSeconds };
  }
  // A pause that was taken back: its runner is about to go on.
  if (stand === null || stand.stand === "paused")
    return { held: null, reason: null, since: null, throttle, throttledSeconds };
  const { reason, since } = stand;
  return { held: stand.stand, reason, since: since.toISOString(), throttle, throttledSeconds };
}

/** Milliseconds that a stop has lasted; of a runner that is dead, until its last sign of life. */
async function lastsFor(session: Session, time: Date, dead: Lease | null): Promise<number> {
  if (dead !== null) return Math.max(0, dead.seenAt.getTime() - time.getTime());
  const { rows } = await session.query<{ ms: number }>(
    "SELECT (extract(epoch FROM clock_timestamp() - $1::timestamptz) * 1000)::float8 AS ms",
    [time],
  );
  return rows[0]?.ms ?? 0;
}
