import { beforeAll, expect, test } from "vitest";
import { addPrimaryKey } from "../../../src/operations/add-primary-key.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { catalogOf, columnOf, tableOf } from "../steps/carry-catalog.ts";

beforeAll(loadParser);

const lines = tableOf("lines", {
  columns: [columnOf("order_id", "bigint", { notNull: true }), columnOf("no", "integer"), columnOf("note", "text")],
});

test("add_primary_key proves NOT NULL of what may be NULL before it builds the index", () => {
  const fields = addPrimaryKey.fields.parse({ table: "lines", columns: ["order_id", "no"] });
  expect(addPrimaryKey.compile(fields, catalogOf(18, lines))).toEqual({
    expand: [],
    backfill: [
      { kind: "set_not_null", fields: { table: "lines", column: "no" } },
      { kind: "add_primary_key", fields: { table: "lines", columns: ["order_id", "no"], name: "lines_pkey" } },
    ],
    contract: [],
    warnings: [
      "public.lines.no becomes NOT NULL before the rollout is ready: a version that leaves it out fails from then on",
    ],
  });
});

test("later operations of the plan see the key, and that a second one is refused", () => {
  const fields = addPrimaryKey.fields.parse({ table: "lines", columns: ["order_id", "no"] });
  const after = addPrimaryKey.after(fields, catalogOf(18, lines));
  expect(after.relationNames).toContain("public.lines_pkey");
  expect(after.tables["public.lines"]?.columns.map(({ notNull }) => notNull)).toEqual([true, true, false]);
  expect(() => addPrimaryKey.compile(fields, after)).toThrow("has a primary key already");
});
