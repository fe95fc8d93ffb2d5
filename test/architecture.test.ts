import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { architectureViolations } from "./support/architecture.ts";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

test("src keeps to the arrows, without cycles, empty names and long files", () => {
  expect(architectureViolations(folder("../src"), { maxLines: 300 })).toEqual([]);
});

test("planted violations are caught", () => {
  expect(architectureViolations(folder("fixtures/architecture"), { maxLines: 10 })).toEqual([
    "cli/main.ts: cli may not import plan/plan-utils.ts",
    "model/relation.ts: model may not import sql/quote.ts",
    "plan/plan-utils.ts: a name that says nothing",
    "plan/plan-utils.ts: only postgres/ imports pg",
    "postgres/session.ts: postgres may not import index.ts",
    "sql/quote.ts → sql/unquote.ts → sql/quote.ts is a cycle",
    "stray.ts: 11 lines, more than 10",
    "stray.ts: lies in no layer",
  ]);
});
