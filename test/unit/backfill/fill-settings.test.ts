import { expect, test } from "vitest";
import { batchLimits, expressionPath } from "../../../src/backfill/fill-settings.ts";

test("a batch ends before anyone can find it in a deadlock", () => {
  expect(batchLimits(1_000)).toEqual({ lockTimeout: 50, statementTimeout: 500 });
  expect(batchLimits(100)).toEqual({ lockTimeout: 25, statementTimeout: 50 });
  expect(batchLimits(1)).toEqual({ lockTimeout: 1, statementTimeout: 1 });
});

test("expressions see what the sync's function sees", () => {
  expect(expressionPath({ schema: "Odd one", name: "t" })).toBe('pg_catalog, "Odd one", public, pg_temp');
  expect(expressionPath({ schema: "public", name: "t" })).toBe("pg_catalog, public, pg_temp");
});
