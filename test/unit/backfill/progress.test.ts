import fc from "fast-check";
import { expect, test } from "vitest";
import { ProgressMeter } from "../../../src/backfill/progress.ts";

const at = (fraction: number, rows = 1000 * fraction) => ({
  fraction,
  rows,
  blocks: { done: 100 * fraction, total: 100 },
});

test("the time left is a range around the rate", () => {
  const meter = new ProgressMeter();
  expect(meter.record(0, at(0)).eta).toBeNull();
  const { eta, rowsPerSecond } = meter.record(5_000, at(0.5));
  expect(rowsPerSecond).toBe(100);
  expect(eta!.low).toBeCloseTo(4.5);
  expect(eta!.high).toBeCloseTo(5.5);
});

test("a run that slows down has a wide range: the last seconds and the whole run disagree", () => {
  const meter = new ProgressMeter();
  meter.record(0, at(0));
  meter.record(10_000, at(0.5));
  meter.record(15_000, at(0.55));
  const { eta } = meter.record(25_000, at(0.6));
  expect(eta!.low).toBeLessThan(20);
  expect(eta!.high).toBeGreaterThan(60);
});

test("nothing done for long: no time is promised by the last seconds", () => {
  const meter = new ProgressMeter();
  meter.record(0, at(0));
  expect(meter.record(60_000, at(0)).eta).toBeNull();
});

test("the fraction never falls, and reaches 1 only at the end", () => {
  const meter = new ProgressMeter();
  const fraction = fc.double({ min: -1, max: 3, noNaN: true });
  let now = 0;
  let last = 0;
  fc.assert(
    fc.property(fraction, (value) => {
      now += 100;
      const progress = meter.record(now, at(value));
      expect(progress.fraction).toBeGreaterThanOrEqual(last);
      expect(progress.fraction).toBeLessThan(1);
      expect(progress.blocks.done).toBeLessThanOrEqual(progress.blocks.total);
      last = progress.fraction;
    }),
  );
  expect(meter.finish(now, { rows: 5, blocks: { done: 7, total: 7 } })).toMatchObject({
    fraction: 1,
    eta: { low: 0, high: 0 },
  });
});
