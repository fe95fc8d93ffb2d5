import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { VOCABULARY } from "../../../src/compiler/registry.ts";
import { planJsonSchema } from "../../../src/plan/json-schema.ts";
import { readPlan } from "../../../src/plan/read-plan.ts";
import { readPlans } from "../../../src/plan/read-plans.ts";
import { renderProblems } from "../../../src/plan/render-problems.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import type { SegueError } from "../../../src/model/errors.ts";

beforeAll(loadParser);

test("every example plan is valid", async () => {
  const folder = fileURLToPath(new URL("../../../plans", import.meta.url));
  const plans = await readPlans(folder, VOCABULARY);
  expect(plans.length).toBe(
    (await readdir(folder)).filter((name) => /\.(ya?ml|sql)$/.test(name) && !name.endsWith(".down.sql")).length,
  );
});

test("every operation and step has a schema for editors, with a description", () => {
  const { properties } = planJsonSchema(VOCABULARY) as unknown as {
    properties: Record<
      string,
      { items: { properties: Record<string, { description?: string; additionalProperties?: boolean }> } }
    >;
  };
  for (const list of ["operations", "expand", "backfill", "contract"]) {
    for (const [kind, fields] of Object.entries(properties[list]!.items.properties)) {
      expect(fields.description, `${list}: ${kind}`).toBeTruthy();
      expect(fields.additionalProperties, `${list}: ${kind}`).toBe(false);
    }
  }
});

test("mistakes in the expressions of real operations are found where they stand", () => {
  const text = `operations:
  - change_type:
      table: orders
      column: total
      type: bigint(
      forward: total::9
      reverse: "total::int"
  - set_not_null: { table: orders, column: status, fill: 'lower(' }
  - add_check: { table: orders, name: ok, check: total > }
  - create_index: { table: orders, columns: [{ expression: lower(note }], where: total = = 1 }
`;
  const error = (() => {
    try {
      return readPlan({ path: "1_a.yaml", text }, VOCABULARY);
    } catch (thrown) {
      return thrown;
    }
  })() as SegueError;
  expect(
    renderProblems(error.problems)
      .split("\n")
      .filter((line) => line.startsWith("1_a.yaml")),
  ).toEqual([
    '1_a.yaml:5:19: `type`: syntax error at or near "("',
    '1_a.yaml:6:23: `forward`: syntax error at or near "9"',
    "1_a.yaml:8:65: `fill`: syntax error at end of input",
    "1_a.yaml:9:57: `check`: syntax error at end of input",
    "1_a.yaml:10:70: `expression`: syntax error at end of input",
    '1_a.yaml:10:90: `where`: syntax error at or near "="',
  ]);
});
