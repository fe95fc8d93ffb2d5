import { expect, test } from "vitest";
import { dropNotNullStep } from "../../../src/steps/drop-not-null.ts";
import type { Column, Table } from "../../../src/model/catalog.ts";
import { catalogOf, columnOf, constraintOf, indexOf, tableOf } from "./carry-catalog.ts";
import { statementsOf } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";

const table = (notNullConstraint: string | null) =>
  tableOf("users", { columns: [columnOf("Fax", "text", { notNull: true, notNullConstraint }), columnOf("b", "text")] });
const lower = (major: number, column: string, constraint: string | null = null, contract = false) =>
  dropNotNullStep.lower(
    { table: "users", column },
    lowerContext(
      catalogOf(major, table(constraint)),
      "expand",
      contract ? [["contract", "drop_column", { table: "users", column }]] : [],
    ),
  );
const CHECK = /segue_not_null_Fax_[0-9a-f]{8}/g;
const sql = (steps: Parameters<typeof statementsOf>[0]) =>
  statementsOf(steps).map((list) =>
    typeof list === "string" ? list : list.map((text) => text.replaceAll(CHECK, "CHECKED")),
  );

test("a column stops being required, and is required again by a check that was validated without a strong lock", () => {
  const [step] = lower(17, "Fax").expand ?? [];
  expect(sql([step!])).toEqual([['ALTER TABLE public.users ALTER COLUMN "Fax" DROP NOT NULL']]);
  expect(sql(step!.undo)).toEqual([
    [
      'ALTER TABLE public.users DROP CONSTRAINT IF EXISTS "CHECKED"',
      'ALTER TABLE public.users ADD CONSTRAINT "CHECKED" CHECK ("Fax" IS NOT NULL) NOT VALID',
    ],
    ['ALTER TABLE public.users VALIDATE CONSTRAINT "CHECKED"'],
    ['ALTER TABLE public.users ALTER COLUMN "Fax" SET NOT NULL', 'ALTER TABLE public.users DROP CONSTRAINT "CHECKED"'],
  ]);
  expect(step!.undo.map((undo) => [undo.restoresNotNull, "patience" in undo ? undo.patience : null])).toEqual([
    ["Fax", "short"],
    ["Fax", "long"],
    ["Fax", "short"],
  ]);
});

test("on 18 the constraint gets back its own name", () => {
  const undo = (constraint: string) => sql(lower(18, "Fax", constraint).expand?.[0]?.undo ?? []).flat();
  for (const name of ["must_have_fax", "users_Fax_not_null"]) {
    const quoted = name === "must_have_fax" ? name : `"${name}"`;
    expect(undo(name).slice(-2)).toEqual([
      `ALTER TABLE public.users ADD CONSTRAINT ${quoted} NOT NULL "Fax"`,
      'ALTER TABLE public.users DROP CONSTRAINT "CHECKED"',
    ]);
  }
});

test("rows without a value are counted under the name that the column has then", () => {
  const [loss] = lower(18, "Fax", null, true).losses ?? [];
  expect(loss?.count).toBe('SELECT count(*) FROM public.users AS segue_row WHERE segue_row."Fax" IS NULL');
  expect(loss?.hidden?.count).toMatch(/WHERE segue_row\."segue_old_Fax_[0-9a-f]{8}" IS NULL$/);
});

test("a column that is nullable already needs nothing", () => {
  expect(lower(18, "b")).toEqual({});
});

test("what the server keeps NOT NULL is refused", () => {
  const refusal = (column: Partial<Column>, parts: Partial<Table>) => () =>
    dropNotNullStep.lower(
      { table: "users", column: "Fax" },
      lowerContext(
        catalogOf(18, tableOf("users", { columns: [columnOf("Fax", "text", { notNull: true, ...column })], ...parts })),
        "expand",
      ),
    );
  const key = constraintOf("primary key", "users_pkey", 'PRIMARY KEY ("Fax")', ["Fax"]);
  expect(refusal({}, { constraints: [key] })).toThrow(
    "public.users.Fax can't become nullable: it is in the primary key users_pkey",
  );
  expect(refusal({ identity: "always" }, {})).toThrow("it is an identity column");
  const replica = indexOf("fax", 'CREATE UNIQUE INDEX fax ON public.users USING btree ("Fax")', ["Fax"], {
    replicaIdentity: true,
  });
  expect(refusal({}, { indexes: [replica] })).toThrow("it is in the replica identity fax");
  expect(refusal({ inherited: true }, {})).toThrow("it is inherited from another table");
});
