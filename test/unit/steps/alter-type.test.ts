import { expect, test } from "vitest";
import { alterType } from "../../../src/steps/alter-type.ts";
import { catalogOf, columnOf, tableOf } from "./carry-catalog.ts";
import { statementsOf } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";

const STORED = columnOf("s", "text", { storage: "external", defaultStorage: "extended", compression: "lz4" });
const CATALOG = catalogOf(18, tableOf("t", { columns: [columnOf("a", "text", { collation: '"C"' }), STORED] }));
const lower = (fields: { column?: string; type: string; collation?: string; reverses: boolean }) => {
  const [step, analysis, ...more] =
    alterType.lower(alterType.fields.parse({ table: "t", column: "a", ...fields }), lowerContext(CATALOG, "expand"))
      .expand ?? [];
  if (step === undefined || analysis === undefined || more.length > 0) throw new Error("two steps are expected");
  expect(statementsOf([analysis])).toEqual([[`ANALYZE public.t (${fields.column ?? "a"})`]]);
  return step;
};

test("one ALTER, which keeps the collation unless it is told another", () => {
  const kept = lower({ type: "varchar(20)", reverses: true });
  expect(statementsOf([kept, ...kept.undo])).toEqual([
    ['ALTER TABLE public.t ALTER COLUMN a TYPE varchar(20) COLLATE "C"'],
    ['ALTER TABLE public.t ALTER COLUMN a TYPE text COLLATE "C"'],
    ["ANALYZE public.t (a)"],
  ]);
  const other = lower({ type: "text", collation: '"POSIX"', reverses: true });
  expect(statementsOf([other, ...other.undo])).toEqual([
    ['ALTER TABLE public.t ALTER COLUMN a TYPE text COLLATE "POSIX"'],
    ['ALTER TABLE public.t ALTER COLUMN a TYPE text COLLATE "C"'],
    ["ANALYZE public.t (a)"],
  ]);
  expect(other.irreversible).toBeUndefined();
});

test("storage and compression, which the server takes from the column, are given back both ways", () => {
  const step = lower({ column: "s", type: "varchar", reverses: true });
  const again = [
    "ALTER TABLE public.t ALTER COLUMN s SET STORAGE EXTERNAL",
    "ALTER TABLE public.t ALTER COLUMN s SET COMPRESSION lz4",
  ];
  expect(statementsOf([step, ...step.undo])).toEqual([
    ["ALTER TABLE public.t ALTER COLUMN s TYPE varchar", ...again],
    ["ALTER TABLE public.t ALTER COLUMN s TYPE text", ...again],
    ["ANALYZE public.t (s)"],
  ]);
});

test("where the way back would rewrite, it says so", () => {
  const step = lower({ type: "varchar(20)", reverses: false });
  expect(step.undo).toEqual([]);
  expect(step.irreversible).toBe(
    "change public.t.a back to text would rewrite the table under a lock: once the rollout is completed, segue reverse does it by a rollout of its own",
  );
});

test("an inherited column is its parent's", () => {
  const child = tableOf("t", {
    columns: [columnOf("a", "text", { inherited: true })],
    parent: { schema: "public", name: "parent" },
  });
  const fields = alterType.fields.parse({ table: "t", column: "a", type: "varchar" });
  expect(() => alterType.lower(fields, lowerContext(catalogOf(18, child), "expand"))).toThrow(
    "public.t inherits the column from public.parent: change it there",
  );
});

test("entries after it see the new type and collation", () => {
  const fields = alterType.fields.parse({ table: "t", column: "a", type: "citext", collation: '"POSIX"' });
  expect(alterType.after?.(fields, CATALOG).tables["public.t"]?.columns[0]).toMatchObject({
    type: "citext",
    collation: '"POSIX"',
  });
});
