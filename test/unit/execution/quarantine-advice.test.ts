import { expect, test } from "vitest";
import { adviceForOpen, adviceOnceSettled, canRetry, whyNoRetry } from "../../../src/execution/quarantine-advice.ts";
import { ROLLOUT_STATES } from "../../../src/model/rollout.ts";

test("rows are tried by themselves between the begin of the backfill and the cut-over", () => {
  expect(ROLLOUT_STATES.filter(canRetry)).toEqual(["backfilling", "ready"]);
  expect(ROLLOUT_STATES.filter((state) => whyNoRetry(state) === "")).toEqual([]);
});

test("each state that is not over has a command for open rows, and an inverse rollout that of its plan", () => {
  expect(ROLLOUT_STATES.filter((state) => adviceForOpen("1_a", state) === null)).toEqual(["completed", "reversed"]);
  expect(adviceForOpen("1_a", "expanded")).toBe("mend these rows, then segue backfill 1_a");
  expect(adviceForOpen("1_a~inverse", "expanded")).toBe("mend these rows, then segue reverse 1_a");
  expect(adviceForOpen("1_a~inverse", "ready")).toBe(
    "mend these rows, then segue quarantine 1_a~inverse retry; or segue reverse 1_a",
  );
  expect(adviceOnceSettled("1_a", "backfilling")).toBe("segue resume 1_a");
  expect(adviceOnceSettled("1_a~inverse", "ready")).toBe("segue reverse 1_a");
});
