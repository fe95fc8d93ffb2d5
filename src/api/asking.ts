import { recordEvent } from "../journal/events.ts";
import { clearIntent, type IntentKind, setIntent } from "../journal/intents.ts";
import { SegueError } from "../model/errors.ts";
import { rolloutToReverse } from "./reversing.ts";
import type { Workspace } from "./workspace.ts";

/** How much a fill is to sleep. */
export interface AskedThrottle {
  /** Time slept per time worked, 0 to 100; 0 takes the throttle off. */
  readonly ratio: number;
  /** Milliseconds after which it ends by itself, by the database's clock; without, it holds until it is taken off. */
  readonly ttl?: number | undefined;
}

export interface ThrottleResult {
  readonly plan: string;
  readonly ratio: number;
  /** ISO 8601; null if it does not end by itself. */
  readonly until: string | null;
  /** False if there was none to take off. */
  readonly changed: boolean;
}

const LARGEST_RATIO = 100;
const LONGEST_TTL = 3653 * 86_400_000;

/** Asks whoever runs a rollout to pause or to end, and records who did. */
export async function askFor(
  workspace: Workspace,
  plan: string,
  kind: Exclude<IntentKind, "throttle">,
  actor: string,
): Promise<void> {
  await workspace.writing(async (session) => {
    const rollout = await rolloutToReverse(session, plan);
    await session.transaction(async () => {
      await setIntent(session, rollout.id, kind, actor);
      await recordEvent(session, rollout.id, `${kind} asked for`, {}, actor);
    });
  });
}

/** Takes back what was asked for; true if it still held. */
export async function takeBack(
  workspace: Workspace,
  plan: string,
  kind: IntentKind,
  actor: string,
  event: string,
): Promise<boolean> {
  return await workspace.writing(async (session) => {
    const rollout = await rolloutToReverse(session, plan);
    return await session.transaction(async () => {
      const held = await clearIntent(session, rollout.id, kind);
      if (held) await recordEvent(session, rollout.id, event, {}, actor);
      return held;
    });
  });
}

/** @throws SegueError SEG0502 for a ratio or a ttl that makes no sense */
export async function throttlePlan(
  workspace: Workspace,
  plan: string,
  { ratio, ttl }: AskedThrottle,
  actor: string,
): Promise<ThrottleResult> {
  if (!(ratio >= 0 && ratio <= LARGEST_RATIO))
    throw wrong(plan, `a ratio lies between 0 and ${LARGEST_RATIO}, and ${ratio} does not`);
  if (ttl !== undefined && !(ttl > 0 && ttl <= LONGEST_TTL))
    throw wrong(plan, `a throttle holds for some time, and at most for 10 years: not for ${ttl} ms`);
  if (ratio === 0) {
    const changed = await takeBack(workspace, plan, "throttle", actor, "throttle taken off");
    return { plan, ratio, until: null, changed };
  }
  return await workspace.writing(async (session) => {
    const rollout = await rolloutToReverse(session, plan);
    return await session.transaction(async () => {
      const until = await setIntent(session, rollout.id, "throttle", actor, { detail: { ratio }, ttl: ttl ?? null });
      const end = until?.toISOString() ?? null;
      await recordEvent(session, rollout.id, "throttle asked for", { ratio, until: end }, actor);
      return { plan, ratio, until: end, changed: true };
    });
  });
}

function wrong(plan: string, message: string): SegueError {
  return new SegueError("SEG0502", { message, object: plan, left: "Nothing changed.", next: "segue throttle --help" });
}
