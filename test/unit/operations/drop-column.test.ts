import { expect, test } from "vitest";
import { dropColumn } from "../../../src/operations/drop-column.ts";
import { catalogOf, columnOf, tableOf } from "../steps/carry-catalog.ts";

const CATALOG = catalogOf(
  18,
  tableOf("customers", {
    columns: [
      columnOf("fax", "text", { notNull: true }),
      columnOf("telex", "text"),
      columnOf("state", "text", { notNull: true, default: "'new'::text" }),
      columnOf("n", "bigint", { notNull: true, identity: "always" }),
      columnOf("twice", "bigint", { notNull: true, generated: { kind: "stored", expression: "(n * 2)" } }),
    ],
  }),
);
const expand = (column: string, fill?: string) =>
  dropColumn.compile({ table: "customers", column, fill }, CATALOG).expand;

test("a column that new writers would have to know stops being required", () => {
  expect(dropColumn.compile({ table: "customers", column: "fax" }, CATALOG)).toEqual({
    expand: [{ kind: "drop_not_null", fields: { table: "customers", column: "fax" } }],
    backfill: [],
    contract: [{ kind: "drop_column", fields: { table: "customers", column: "fax" } }],
  });
});

test("one that gets a value by itself needs nothing", () => {
  for (const column of ["telex", "state", "n", "twice"]) expect(expand(column), column).toEqual([]);
});

test("with a fill, the old version finds that value in rows of the new one", () => {
  expect(expand("fax", "''")).toEqual([{ kind: "sync", fields: { table: "customers", fill: { fax: "''" } } }]);
});

test("a column that is not there is refused, and later operations don't see one that was dropped", () => {
  expect(() => expand("nope")).toThrow("column public.customers.nope does not exist");
  const after = dropColumn.after({ table: "customers", column: "fax" }, CATALOG);
  expect(after.tables["public.customers"]?.columns.map(({ name }) => name)).toEqual(["telex", "state", "n", "twice"]);
});
