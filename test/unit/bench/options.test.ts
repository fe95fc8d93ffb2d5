import { expect, test } from "vitest";
import { parseOptions, UsageError } from "../../../bench/options.ts";

test("without flags it is the quick mode on the standard table", () => {
  const { scenarios, budget, scale } = parseOptions([]);
  expect(scenarios).toHaveLength(1);
  expect(scenarios[0]).toMatchObject({
    shape: { rows: 200_000, width: "standard", indexes: 2, keys: "sequential", fillfactor: 100 },
    rounds: 5,
    loadRounds: 1,
    triggers: true,
  });
  expect(budget).toBeLessThan(180_000);
  expect(scale).toBe(false);
});

test("rounds that are asked for are run, however long they take", () => {
  expect(parseOptions(["--rounds", "7"])).toMatchObject({ budget: null, scenarios: [{ rounds: 7 }] });
});

test("flags shape the table and choose the methods, which keep their order", () => {
  const flags = "--rows 2_000_000 --width wide --indexes 5 --keys random --fillfactor 90 --methods segue_1,update";
  expect(parseOptions(flags.split(" ")).scenarios[0]).toMatchObject({
    shape: { rows: 2_000_000, width: "wide", indexes: 5, keys: "random", fillfactor: 90 },
    methods: ["update", "segue_1"],
  });
});

test("the full mode has every size and shape of the issue", () => {
  const { scenarios, scale } = parseOptions(["--full", "--json"]);
  const shapes = scenarios.map(({ shape }) => shape);
  expect(scale).toBe(true);
  expect(new Set(shapes.map(({ width }) => width))).toEqual(new Set(["narrow", "standard", "wide"]));
  expect(new Set(shapes.map(({ indexes }) => indexes))).toEqual(new Set([0, 2, 5]));
  expect(new Set(shapes.map(({ keys }) => keys))).toEqual(new Set(["sequential", "random"]));
  expect(new Set(shapes.map(({ fillfactor }) => fillfactor))).toEqual(new Set([90, 100]));
  expect(scenarios.some(({ sharedBuffers }) => sharedBuffers === "64MB")).toBe(true);
});

test.each([
  ["--rows", "0"],
  ["--rows", "many"],
  ["--rounds", "1.5"],
  ["--width", "huge"],
  ["--indexes", "3"],
  ["--methods", "update,magic"],
  ["--full", "--rows", "10"],
  ["--full", "--quick"],
  ["--nonsense"],
])("%s %s is refused", (...flags) => {
  expect(() => parseOptions(flags)).toThrow(UsageError);
});
