import type { BackfillEvent } from "../context.ts";

/** Where a fill stands as far as throttles and pauses go, since when (milliseconds, monotonic). */
export type Stand =
  | { readonly stand: "going" }
  | {
      readonly stand: "slow" | "stopped";
      readonly since: number;
      /** When it was asked for last. */
      readonly seen: number;
      /** What it was told of. */
      readonly told: readonly string[];
      /** What a person asks for; it is told anew when it changes, and ends when that does. */
      readonly asked: string | null;
    }
  | { readonly stand: "paused"; readonly since: number };

/** What people and signals ask for, at one look. */
export type Wanted =
  | { readonly want: "going" }
  | { readonly want: "paused" }
  | {
      readonly want: "slow" | "stopped";
      readonly subjects: readonly string[];
      readonly reason: string;
      /** What a person asks for. */
      readonly asked: string | null;
    };

export const GOING: Stand = { stand: "going" };

/** A signal that comes and goes is told once, not at each time: slow ends when it was quiet for so long. */
const QUIET_MS = 30_000;

/** The next stand, and what there is to tell of it. A stop, a pause and their ends are told at once. */
export function nextStand(before: Stand, wanted: Wanted, now: number): { stand: Stand; event: BackfillEvent | null } {
  if (wanted.want === "going") {
    if (before.stand === "going") return { stand: before, event: null };
    if (before.stand === "slow" && before.asked === null && now - before.seen < QUIET_MS)
      return { stand: before, event: null };
    return { stand: GOING, event: { type: "resumed", throttledMs: stoppedFor(before, now) } };
  }
  if (wanted.want === "paused") {
    if (before.stand === "paused") return { stand: before, event: null };
    const event: BackfillEvent = { type: "paused", throttledMs: stoppedFor(before, now) };
    return { stand: { stand: "paused", since: now }, event };
  }
  const { want, subjects, reason, asked } = wanted;
  const goesOn = before.stand === want && before.asked === asked;
  const told = goesOn ? before.told : [];
  const news = subjects.filter((subject) => !told.includes(subject));
  const stand: Stand = {
    stand: want,
    since: before.stand === want ? before.since : now,
    seen: now,
    told: [...told, ...news],
    asked,
  };
  if (goesOn && news.length === 0) return { stand, event: null };
  const level = want === "stopped" ? "stop" : "slow";
  return {
    stand,
    event: { type: "throttled", level, reason, throttledMs: before.stand === want ? 0 : stoppedFor(before, now) },
  };
}

/** Milliseconds for which signals have stopped a fill, where that ends now. */
export function stoppedFor(stand: Stand, now: number): number {
  return stand.stand === "stopped" ? Math.round(now - stand.since) : 0;
}
