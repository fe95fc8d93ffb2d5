import { beforeAll, expect, test } from "vitest";
import { rowsBatch } from "../../../src/backfill/rows-sql.ts";
import type { Table } from "../../../src/model/catalog.ts";
import type { SegueError } from "../../../src/model/errors.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { deleteRowsStep } from "../../../src/steps/delete-rows.ts";
import { listName } from "../../../src/steps/row-lists.ts";
import { catalogOf, columnOf, constraintOf, tableOf } from "./carry-catalog.ts";
import { lowerContext } from "./lower-context.ts";

beforeAll(loadParser);

const LOGS = tableOf("logs", {
  columns: [
    columnOf("id", "bigint", { notNull: true, identity: "always" }),
    columnOf("Text", "text"),
    columnOf("size", "integer", { generated: { kind: "stored", expression: 'length("Text")' } }),
  ],
  constraints: [constraintOf("primary key", "logs_pkey", "PRIMARY KEY (id)", ["id"])],
});
const CASCADE = { name: "lines_log on lines", columns: ["id"], onDelete: "cascade", onUpdate: "no action" } as const;
const lower = (fields: object, parts: Partial<Table> = {}, userTriggers: "fire" | "skip" = "fire") => {
  const context = lowerContext(catalogOf(18, { ...LOGS, ...parts }), "backfill");
  const { settings } = context;
  return deleteRowsStep.lower(deleteRowsStep.fields.parse({ table: "logs", where: "id < 10", ...fields }), {
    ...context,
    settings: { ...settings, backfill: { ...settings.backfill, user_triggers: userTriggers } },
  });
};
const LIST = listName("rows_", LOGS, "1_test:-1").name;
const KEPT = listName("kept_", LOGS, "1_test:-1").name;

test("a batch locks rows, deletes and keeps them, and takes them off the list", () => {
  const { backfill, drop, warnings } = lower({ keep: true });
  const [, , change] = backfill;
  if (change?.kind !== "rows") throw new Error("not a change of rows");
  const matches = "CASE WHEN true THEN ((segue_target.id < 10)) ELSE false END";
  expect(rowsBatch(change, change.list, "true", false)).toBe(
    `taken AS MATERIALIZED (SELECT segue_row.ctid AS segue_place, segue_target.id FROM ONLY segue_hidden.${LIST} AS segue_row ` +
      `JOIN public.logs AS segue_target ON segue_row.id = segue_target.id WHERE true AND ${matches} FOR UPDATE OF segue_target), ` +
      `changed AS (DELETE FROM public.logs AS segue_target USING taken WHERE taken.id = segue_target.id ` +
      `RETURNING taken.segue_place, segue_target.id, segue_target."Text"), ` +
      `kept AS (INSERT INTO segue_hidden.${KEPT} (id, "Text") SELECT id, "Text" FROM changed), ` +
      `gone AS (DELETE FROM ONLY segue_hidden.${LIST} AS segue_row WHERE true AND NOT EXISTS (` +
      `SELECT FROM public.logs AS segue_target WHERE segue_row.id = segue_target.id AND ${matches})), ` +
      `batch AS (DELETE FROM ONLY segue_hidden.${LIST} AS segue_row ` +
      `WHERE segue_row.ctid = ANY (ARRAY(SELECT segue_place FROM changed)) RETURNING 1)`,
  );
  expect(drop).toMatchObject([{ title: "drop the list of rows of public.logs", irreversible: "the soak has ended" }]);
  expect(warnings).toEqual([]);
});

test("a reversal inserts what was kept, but for keys that are taken", () => {
  const [undo] = lower({ keep: true }).backfill[2]?.undo ?? [];
  if (undo?.kind !== "rows") throw new Error("not a change of rows");
  expect(rowsBatch(undo, undo.list, "true", false)).toBe(
    `taken AS MATERIALIZED (SELECT segue_row.ctid FROM ONLY segue_hidden.${KEPT} AS segue_row WHERE true), ` +
      `changed AS (INSERT INTO public.logs (id, "Text") OVERRIDING SYSTEM VALUE SELECT segue_row.id, segue_row."Text" ` +
      `FROM ONLY segue_hidden.${KEPT} AS segue_row WHERE true ON CONFLICT (id) DO NOTHING RETURNING id), ` +
      `batch AS (DELETE FROM ONLY segue_hidden.${KEPT} AS segue_row WHERE true AND (` +
      `EXISTS (SELECT FROM changed WHERE segue_row.id = changed.id) OR ` +
      `EXISTS (SELECT FROM public.logs AS segue_target WHERE segue_row.id = segue_target.id)) RETURNING 1)`,
  );
});

test("what would not come back is said; with `keep` it is refused", () => {
  const { backfill, drop, warnings } = lower({}, { referencing: [CASCADE] });
  expect(warnings).toEqual([
    "rows that follow the deleted ones of public.logs change too: lines_log on lines ON DELETE CASCADE",
    "what delete_rows takes from public.logs can't be taken back: give it `keep: true`",
  ]);
  expect(backfill[2]).toMatchObject({ undo: [], stays: "the rows of public.logs that were deleted stay deleted" });
  expect(drop).toBeUndefined();
  const refused = (): unknown => {
    try {
      return lower({ keep: true }, { referencing: [CASCADE] });
    } catch (error) {
      return error;
    }
  };
  expect(refused()).toMatchObject({
    code: "SEG0102",
    message: "rows of public.logs can't be kept: foreign keys take others with them, which would not come back",
    problems: [{ message: "lines_log on lines ON DELETE CASCADE" }],
  } satisfies Partial<SegueError>);
  expect(() => lower({ keep: true }, { referencing: [{ ...CASCADE, onDelete: "restrict" }] })).not.toThrow();
});

test("foreign keys are not skipped with the application's triggers", () => {
  const parts = { referencing: [{ ...CASCADE, onDelete: "no action" as const }] };
  expect(() => lower({}, parts, "skip")).toThrow("`user_triggers: skip` would leave unchecked: lines_log on lines");
});
