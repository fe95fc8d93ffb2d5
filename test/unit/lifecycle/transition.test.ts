import { describe, expect, test } from "vitest";
import { isInFlight, isReversible, type RolloutEvent, transition } from "../../../src/lifecycle/transition.ts";
import { ROLLOUT_STATES, type RolloutState } from "../../../src/model/rollout.ts";

/** What each event makes of a state; a state that is not there refuses the event. */
const TABLE: readonly (readonly [RolloutEvent, Partial<Record<RolloutState, RolloutState>>])[] = [
  [{ type: "expand started" }, { planned: "expanding", expanding: "expanding" }],
  [{ type: "expand done" }, { expanding: "expanded" }],
  [{ type: "backfill started" }, { expanded: "backfilling", backfilling: "backfilling" }],
  [{ type: "backfill done", contracts: true }, { backfilling: "ready" }],
  [{ type: "backfill done", contracts: false }, { backfilling: "completed" }],
  [{ type: "cutover started" }, { ready: "contracting", contracting: "contracting" }],
  [{ type: "cutover done", drops: true }, { contracting: "soaking" }],
  [{ type: "cutover done", drops: false }, { contracting: "completed" }],
  [{ type: "drop started" }, { soaking: "dropping", dropping: "dropping" }],
  [{ type: "drop done" }, { dropping: "completed" }],
  [
    { type: "reverse started" },
    {
      planned: "reversing",
      expanding: "reversing",
      expanded: "reversing",
      backfilling: "reversing",
      ready: "reversing",
      contracting: "reversing",
      soaking: "reversing",
      completed: "reversing",
      reversing: "reversing",
    },
  ],
  [{ type: "reverse done", to: "start" }, { reversing: "reversed" }],
  [{ type: "reverse done", to: "ready" }, { reversing: "ready" }],
];

describe.each(TABLE)("%j", (event, outcomes) => {
  test.each(ROLLOUT_STATES)("in state %s", (state) => {
    expect(transition(state, event)).toBe(outcomes[state] ?? null);
  });
});

test("every state can be reached from the first, and every one but the last two can be left", () => {
  const reached = new Set<RolloutState>(["planned"]);
  for (const state of reached) {
    for (const [event] of TABLE) {
      const next = transition(state, event);
      if (next !== null) reached.add(next);
    }
  }
  expect([...reached].toSorted()).toEqual([...ROLLOUT_STATES].toSorted());
  const ends = ROLLOUT_STATES.filter((state) => TABLE.every(([event]) => transition(state, event) === null));
  expect(ends).toEqual(["reversed"]);
});

test("the point of no return is the drop", () => {
  expect(ROLLOUT_STATES.filter((state) => !isReversible(state))).toEqual(["dropping", "reversed"]);
  expect(ROLLOUT_STATES.filter((state) => !isInFlight(state))).toEqual(["completed", "reversed"]);
});
