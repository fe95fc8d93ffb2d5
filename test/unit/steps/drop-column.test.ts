import { expect, test } from "vitest";
import type { SegueError } from "../../../src/model/errors.ts";
import type { Column, Table } from "../../../src/model/catalog.ts";
import { hiddenName } from "../../../src/steps/contract-entries.ts";
import { dropColumnStep } from "../../../src/steps/drop-column.ts";
import { catalogOf, columnOf, constraintOf, dependentOf, indexOf, tableOf } from "./carry-catalog.ts";
import { statementsOf } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";

const T = tableOf("t", { columns: [columnOf("a", "text"), columnOf("b", "text")] });
const HIDDEN = hiddenName(T, "a", "1_test");
const lower = (parts: Partial<Table> = {}, ignored: readonly string[] = [], dropped: readonly string[] = []) => {
  const context = lowerContext(
    catalogOf(18, { ...T, ...parts }),
    "contract",
    dropped.map((column) => ["contract", "drop_column", { table: "public.t", column }]),
  );
  return dropColumnStep.lower(
    { table: "t", column: "a" },
    { ...context, settings: { ...context.settings, ignore_dependents: ignored } },
  );
};

test("a column is renamed out of sight, and back, and dropped only after that", () => {
  expect(HIDDEN).toMatch(/^segue_old_a_[0-9a-f]{8}$/);
  const { cutover, drop, hides, warnings } = lower();
  expect(statementsOf([...cutover, ...(cutover[0]?.undo ?? [])])).toEqual([
    [`ALTER TABLE public.t RENAME COLUMN a TO ${HIDDEN}`],
    [`ALTER TABLE public.t RENAME COLUMN ${HIDDEN} TO a`],
  ]);
  expect(statementsOf(drop)).toEqual([[`ALTER TABLE public.t DROP COLUMN IF EXISTS ${HIDDEN}`]]);
  expect(drop[0]).toMatchObject({ undo: [], irreversible: "the soak has ended" });
  expect(hides).toEqual([{ table: { schema: "public", name: "t" }, column: "a" }]);
  expect(warnings).toEqual([]);
});

test("what is about the column alone goes with it, and is named; a foreign key goes by itself, for it locks two tables", () => {
  const fkey = constraintOf("foreign key", "T_a_fkey", "FOREIGN KEY (a) REFERENCES other(id)", ["a"], {
    references: {
      table: { schema: "public", name: "other" },
      columns: ["id"],
      onDelete: "no action",
      onUpdate: "no action",
      match: "simple",
    },
  });
  const { drop, warnings } = lower({ constraints: [fkey], indexes: [indexOf("t_a", "", ["a"])] });
  expect(statementsOf(drop)).toEqual([
    ['ALTER TABLE public.t DROP CONSTRAINT IF EXISTS "T_a_fkey"'],
    [`ALTER TABLE public.t DROP COLUMN IF EXISTS ${HIDDEN}`],
  ]);
  const locked = drop.map((draft) => ("locks" in draft ? draft.locks.map(({ relation }) => relation.name) : []));
  expect(locked).toEqual([["t", "other"], ["t"]]);
  expect(warnings).toEqual(["dropped together with public.t.a: index t_a, constraint T_a_fkey"]);
});

test("a column that other tables inherit is refused: what hangs on theirs would go with it", () => {
  expect(() => lower({ inheritanceChildren: [{ schema: "public", name: "child" }] })).toThrow(
    "table public.child inherits from public.t",
  );
});

test("an inherited column is its parent's", () => {
  const parent = { schema: "public", name: "parent" };
  expect(() => lower({ columns: [columnOf("a", "text", { inherited: true })], parent })).toThrow(
    "public.t inherits the column from public.parent: change it there",
  );
});

test("a sequence that the column owns is named, and refused if something else needs it", () => {
  const sequence = { schema: "public", name: "t_a_seq" };
  const owning = (parts: Partial<Column>): Partial<Table> => ({
    columns: [columnOf("a", "integer", { sequence, ...parts }), columnOf("b", "integer")],
  });
  expect(lower(owning({ otherSequences: [{ schema: "public", name: "s" }] })).warnings).toEqual([
    "dropped together with public.t.a: sequence public.t_a_seq, sequence public.s",
  ]);
  expect(() => lower(owning({ sequenceUsers: ["default value for column x of table u"] }))).toThrow(
    "public.t.a can't be dropped: other things need it",
  );
});

test("what other columns or objects need is refused, all of it at once", () => {
  const parts: Partial<Table> = {
    indexes: [indexOf("t_a_b", "", ["a", "b"])],
    constraints: [constraintOf("check", "a_or_b", "", ["a", "b"])],
    statistics: [{ schema: "public", name: "s", definition: "", columns: ["a", "b"] }],
    dependents: [dependentOf("view", "public.v", ["a"]), dependentOf("function", "public.f()", ["b"], "text")],
    partitionKeyColumns: ["a"],
  };
  const error = (() => {
    try {
      lower(parts);
      return null;
    } catch (thrown) {
      return thrown as SegueError;
    }
  })();
  expect(error?.code).toBe("SEG0102");
  expect(error?.message).toBe("public.t.a can't be dropped: other things need it");
  expect(error?.problems.map(({ message }) => message)).toEqual([
    "index t_a_b",
    "constraint a_or_b",
    "statistics s",
    "view public.v",
    "the partition key",
  ]);
  expect(() => lower({ dependents: parts.dependents ?? [] }, ["public.v"])).not.toThrow();
});

test("what is about columns that the plan drops together goes with them", () => {
  const parts: Partial<Table> = {
    indexes: [indexOf("t_a_b", "", ["b", "a"])],
    constraints: [constraintOf("check", "a_or_b", "", ["a", "b"])],
  };
  expect(lower(parts, [], ["a", "b"]).warnings).toEqual([
    "dropped together with public.t.a: index t_a_b, constraint a_or_b",
  ]);
});

test("without an index that is the replica identity, updates of a published table would fail", () => {
  const parts = { indexes: [indexOf("t_a", "", ["a"], { unique: true, replicaIdentity: true })] };
  expect(() => lower(parts)).toThrow(expect.objectContaining({ problems: [{ message: "replica identity t_a" }] }));
});
