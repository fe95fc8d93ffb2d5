import type { RolloutState } from "../model/rollout.ts";

/** What can happen to a rollout. Each is written in the transaction that makes it true. */
export type RolloutEvent =
  | { readonly type: "expand started" }
  | { readonly type: "expand done" }
  | { readonly type: "backfill started" }
  /** The last step of the backfill is done; `contracts` is false for a plan that has nothing to contract. */
  | { readonly type: "backfill done"; readonly contracts: boolean }
  /** Verification and gates held. */
  | { readonly type: "cutover started" }
  /** `drops` is false for a contract that hid nothing. */
  | { readonly type: "cutover done"; readonly drops: boolean }
  | { readonly type: "drop started" }
  | { readonly type: "drop done" }
  | { readonly type: "reverse started" }
  | { readonly type: "reverse done"; readonly to: "start" | "ready" };

/**
 * The whole of a rollout's life. Pure; null where the event can't happen in that state. Events that a resumed
 * runner repeats are no change, so every verb is idempotent.
 */
export function transition(state: RolloutState, event: RolloutEvent): RolloutState | null {
  switch (event.type) {
    case "expand started":
      return state === "planned" || state === "expanding" ? "expanding" : null;
    case "expand done":
      return state === "expanding" ? "expanded" : null;
    case "backfill started":
      return state === "expanded" || state === "backfilling" ? "backfilling" : null;
    case "backfill done":
      if (state !== "backfilling") return null;
      return event.contracts ? "ready" : "completed";
    case "cutover started":
      return state === "ready" || state === "contracting" ? "contracting" : null;
    case "cutover done":
      if (state !== "contracting") return null;
      return event.drops ? "soaking" : "completed";
    case "drop started":
      return state === "soaking" || state === "dropping" ? "dropping" : null;
    case "drop done":
      return state === "dropping" ? "completed" : null;
    case "reverse started":
      return isReversible(state) ? "reversing" : null;
    case "reverse done":
      if (state !== "reversing") return null;
      return event.to === "ready" ? "ready" : "reversed";
    default:
      return event satisfies never;
  }
}

/**
 * True while `reverse` can restore the catalog from the journal alone. `completed` is included for plans that
 * had nothing to drop: their steps are undone like any other; whether they dropped is the caller's to know.
 */
export function isReversible(state: RolloutState): boolean {
  return state !== "dropping" && state !== "reversed";
}

/** True while the rollout holds objects in the database that are on their way somewhere. */
export function isInFlight(state: RolloutState): boolean {
  return state !== "completed" && state !== "reversed";
}
