import { expect, test } from "vitest";
import { mayRun } from "../../../src/lifecycle/safe-to-deploy.ts";
import { ROLLOUT_STATES } from "../../../src/model/rollout.ts";

test("both versions may run once it is ready, and after the end only if nothing was taken from the old one", () => {
  const life = {
    planned: "old",
    expanding: "old",
    expanded: "old",
    backfilling: "old",
    ready: "old and new",
    contracting: "new",
    soaking: "new",
    dropping: "new",
    completed: "new",
    reversing: "old",
    reversed: "old",
  };
  expect(Object.fromEntries(ROLLOUT_STATES.map((state) => [state, mayRun(state, true)]))).toEqual(life);
  expect(Object.fromEntries(ROLLOUT_STATES.map((state) => [state, mayRun(state, false)]))).toEqual({
    ...life,
    completed: "old and new",
  });
});
