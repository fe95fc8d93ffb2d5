import { expect, test } from "vitest";
import { Latencies } from "../../../src/demo/latencies.ts";

test("99 of 100 queries were answered within the p99, period by period", () => {
  const latencies = new Latencies();
  latencies.record(5_000);
  latencies.period = "before";
  for (let ms = 100; ms >= 1; ms -= 1) latencies.record(ms);
  latencies.period = "during";
  latencies.record(7);
  expect(latencies.p99("before")).toBe(99);
  expect(latencies.p99("during")).toBe(7);
  expect(latencies.queries).toBe(102);
});

test("the longest wait leaves the warm-up out", () => {
  const latencies = new Latencies();
  latencies.record(5_000);
  expect(latencies.longest).toBe(0);
  latencies.period = "during";
  latencies.record(7);
  expect(latencies.longest).toBe(7);
  expect(latencies.p99("before")).toBe(0);
});
