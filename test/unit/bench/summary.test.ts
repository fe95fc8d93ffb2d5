import { expect, test } from "vitest";
import { goalsOf, judge } from "../../../bench/goals.ts";
import { mediansOf } from "../../../bench/medians.ts";
import { summarize } from "../../../bench/summary.ts";
import { run, scenarioResult } from "./results.ts";

test("one slow round does not move the figures", () => {
  const [update, segue] = mediansOf(scenarioResult().runs);
  expect(update).toMatchObject({ method: "update", rounds: 3, ms: 1100, wal: 800 });
  expect(segue).toMatchObject({ method: "segue_1", rounds: 3, ms: 550, wholeMs: 650 });
});

test("the summary is the issue's object", () => {
  const summary = summarize(scenarioResult());
  expect(Object.keys(summary)).toEqual(["type", "rows", "ratios", "load", "trigger"]);
  expect(summary).toMatchObject({
    type: "summary",
    rows: 1000,
    ratios: {
      segue_vs_update: 0.5,
      segue_vs_keyset: null,
      segue_vs_pgroll_statement: null,
      wal_vs_update: 0.5,
      heap_growth: 1.15,
      index_growth: 1,
    },
    load: {
      rate: 500,
      segue_vs_update: 0.75,
      p99_vs_none: 1.5,
      computing_p99_vs_none: 1.5,
      longest_more_ms: 4,
      none: { p50: 0.2, p95: 1, p99: 2, longest: 8 },
      methods: { update: { ms: 1200, p99: 900 }, segue_1: { ms: 900, p99: 3, longest: 12 } },
    },
    trigger: {
      update: { segue_vs_pgroll: 0.4 },
      update_other: { segue_vs_pgroll: 0.1 },
      safe: { update: { segue_vs_pgroll: 0.3 } },
    },
  });
});

test("without clients and triggers there is nothing to say of them", () => {
  const summary = summarize(scenarioResult({ loadRuns: [], alone: [], triggers: null }));
  expect(summary).toMatchObject({ load: {}, trigger: {} });
  const verdicts = goalsOf(summary, null).map((goal) => judge(goal).verdict);
  expect(verdicts.filter((verdict) => verdict === "not measured")).toHaveLength(7);
});

test("a goal is met at its limit, and a missed one says by how much", () => {
  const goals = goalsOf(
    summarize(scenarioResult({ runs: [run("update", 1000, { wal: 800 }), run("segue_1", 650, { wal: 500 })] })),
    { small: { rows: 1, ms: 1 }, large: { rows: 10, ms: 13 }, costPerRow: 1.3 },
  );
  const verdictOf = (name: string) => {
    const goal = goals.find((one) => one.goal.startsWith(name));
    return goal === undefined ? undefined : judge(goal);
  };
  expect(verdictOf("time, by one UPDATE's")).toEqual({ verdict: "met" });
  expect(verdictOf("WAL")).toEqual({ verdict: "missed", by: expect.closeTo(0.025) as number });
  expect(verdictOf("cost a row")).toEqual({ verdict: "missed", by: expect.closeTo(0.1) as number });
  expect(verdictOf("time, by the pgroll")).toEqual({ verdict: "not measured" });
  // The worst of the three kinds of write.
  expect(goals.find((one) => one.goal.startsWith("cost of the trigger"))?.value).toBe(0.4);
  expect(goals.find((one) => one.goal.startsWith("the same of a column"))?.value).toBe(0.35);
});
