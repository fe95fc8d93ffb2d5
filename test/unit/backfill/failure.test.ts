import { expect, test } from "vitest";
import { failureOf } from "../../../src/backfill/failure.ts";

test.each([
  ["55P03", "lock"],
  ["40P01", "lock"],
  ["40001", "lock"],
  ["57014", "timeout"],
  ["22P02", "data"],
  ["23514", "data"],
  ["P0001", "data"],
  ["21000", "data"],
  ["54000", "data"],
  ["MY001", "data"],
  ["SG001", "fatal"],
  ["42501", "fatal"],
  ["53100", "fatal"],
  ["57P01", "fatal"],
  ["25006", "fatal"],
  ["XX001", "fatal"],
  [undefined, "fatal"],
])("%s is %s", (sqlstate, failure) => {
  expect(failureOf(sqlstate)).toBe(failure);
});
