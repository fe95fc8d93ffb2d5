import { beforeAll, describe, expect, test } from "vitest";
import { rowsBatch } from "../../../src/backfill/rows-sql.ts";
import type { Table, Trigger } from "../../../src/model/catalog.ts";
import { SegueError } from "../../../src/model/errors.ts";
import type { Phase } from "../../../src/model/phase.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { listName } from "../../../src/steps/row-lists.ts";
import { updateRowsStep } from "../../../src/steps/update-rows.ts";
import { catalogOf, columnOf, constraintOf, tableOf } from "./carry-catalog.ts";
import { statementsOf } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";

beforeAll(loadParser);

const ORDERS = tableOf("orders", {
  columns: [
    columnOf("id", "bigint", { notNull: true }),
    columnOf("Total", "integer"),
    columnOf("code", "character varying(8)"),
    columnOf("twice", "integer", { generated: { kind: "stored", expression: '("Total" * 2)' } }),
    columnOf("no", "bigint", { identity: "always" }),
    columnOf("day", "date"),
    columnOf("customer", "bigint"),
  ],
  constraints: [
    constraintOf("primary key", "orders_pkey", "PRIMARY KEY (id)", ["id"]),
    constraintOf("foreign key", "orders_customer_fkey", "", ["customer"]),
  ],
  partitionKeyColumns: ["day"],
  referencing: [
    { name: "lines_code on lines", columns: ["code"], onDelete: "no action", onUpdate: "cascade" },
    { name: "lines_total on lines", columns: ["Total"], onDelete: "cascade", onUpdate: "no action" },
  ],
});
const lower = (
  fields: object,
  parts: Partial<Table> = {},
  userTriggers: "fire" | "skip" = "fire",
  entries: readonly (readonly [Phase, string, Record<string, unknown>])[] = [],
) => {
  const context = lowerContext(catalogOf(18, { ...ORDERS, ...parts }), "backfill", entries);
  const { settings } = context;
  return updateRowsStep.lower(updateRowsStep.fields.parse({ table: "orders", ...fields }), {
    ...context,
    settings: { ...settings, backfill: { ...settings.backfill, user_triggers: userTriggers } },
  });
};
const LIST = listName("rows_", ORDERS, "1_test:-1").name;
const KEPT = listName("kept_", ORDERS, "1_test:-1").name;
const ONE_MORE = { set: { Total: '"Total" + 1' }, where: '"Total" > 0' };
/** Without what makes and removes the schema. */
const tables = (steps: Parameters<typeof statementsOf>[0]) =>
  statementsOf(steps).map((list) =>
    typeof list === "string" ? list : list.filter((sql) => !/^(DO|SELECT) /.test(sql)),
  );

test("rows are listed as of one moment, changed, and the list is dropped", () => {
  const { backfill, drop } = lower(ONE_MORE);
  expect(tables(backfill)).toEqual([
    [
      `CREATE TABLE segue_hidden.${LIST} USING heap AS SELECT segue_target.id AS id FROM public.orders AS segue_target WITH NO DATA`,
    ],
    [
      `INSERT INTO segue_hidden.${LIST} (id) SELECT segue_target.id FROM public.orders AS segue_target WHERE (segue_target."Total" > 0)`,
      `ANALYZE segue_hidden.${LIST}`,
    ],
    [],
    [`DROP TABLE IF EXISTS segue_hidden.${LIST}`],
  ]);
  expect(backfill[1]).toMatchObject({ patience: "long", scans: true, locks: [{ mode: "ACCESS SHARE" }] });
  expect(backfill[2]).toMatchObject({
    kind: "rows",
    title: "update rows of public.orders (Total)",
    list: { schema: "segue_hidden", name: LIST },
    key: ["id"],
    change: {
      change: "update",
      set: [{ column: "Total", value: '(segue_target."Total" + 1)::integer' }],
      where: '(segue_target."Total" > 0)',
      keep: null,
    },
    undo: [],
    stays: "the rows of public.orders that were changed stay as they are by then",
  });
  expect(tables(backfill[0]!.undo)).toEqual([[`DROP TABLE IF EXISTS segue_hidden.${LIST}`]]);
  expect(drop).toBeUndefined();
});

test("a batch locks rows, changes them, and takes them off the list, as well as what does not match any longer", () => {
  const change = lower(ONE_MORE).backfill[2];
  if (change?.kind !== "rows") throw new Error("not a change of rows");
  expect(rowsBatch(change, change.list, "segue_row.ctid = '(0,1)'::tid", true)).toBe(
    `taken AS MATERIALIZED (SELECT segue_row.ctid AS segue_place, segue_target.id FROM ONLY segue_hidden.${LIST} AS segue_row ` +
      `JOIN public.orders AS segue_target ON segue_row.id = segue_target.id WHERE segue_row.ctid = '(0,1)'::tid AND ` +
      `CASE WHEN true THEN ((segue_target."Total" > 0)) ELSE false END FOR NO KEY UPDATE OF segue_target SKIP LOCKED), ` +
      `changed AS (UPDATE public.orders AS segue_target SET "Total" = (segue_target."Total" + 1)::integer FROM taken ` +
      `WHERE taken.id = segue_target.id RETURNING taken.segue_place), ` +
      `gone AS (DELETE FROM ONLY segue_hidden.${LIST} AS segue_row WHERE segue_row.ctid = '(0,1)'::tid AND NOT EXISTS (` +
      `SELECT FROM public.orders AS segue_target WHERE segue_row.id = segue_target.id AND ` +
      `CASE WHEN true THEN ((segue_target."Total" > 0)) ELSE false END)), ` +
      `batch AS (DELETE FROM ONLY segue_hidden.${LIST} AS segue_row ` +
      `WHERE segue_row.ctid = ANY (ARRAY(SELECT segue_place FROM changed)) RETURNING 1)`,
  );
});

test("with `keep` a reversal sets the old values where the new ones still stand, and the drop ends that", () => {
  const { backfill, drop, warnings } = lower({ ...ONE_MORE, keep: true });
  expect(tables(backfill)[0]).toContain(
    `CREATE TABLE segue_hidden.${KEPT} USING heap AS SELECT segue_target.id AS id, segue_target."Total" AS segue_old_1, ` +
      `segue_target."Total" AS segue_new_1 FROM public.orders AS segue_target WITH NO DATA`,
  );
  expect(tables(backfill[0]!.undo)[0]).toContain(`DROP TABLE IF EXISTS segue_hidden.${KEPT}`);
  const change = backfill.find(({ kind }) => kind === "rows");
  expect(change?.undo).toMatchObject([
    {
      kind: "rows",
      list: { name: KEPT },
      change: {
        set: [{ column: "Total", value: "taken.segue_old_1" }],
        brings: ["segue_old_1"],
        where: 'ROW(segue_target."Total")::record *= ROW(segue_row.segue_new_1)::record',
      },
    },
  ]);
  expect(change).not.toHaveProperty("stays");
  expect(tables(drop ?? [])).toEqual([[`DROP TABLE IF EXISTS segue_hidden.${KEPT}`]]);
  expect(warnings).toEqual([]);
});

test("with an `undo` a reversal is an update by a list of its own", () => {
  const { backfill, drop } = lower({ ...ONE_MORE, undo: { set: { Total: '"Total" - 1' }, where: '"Total" > 1' } });
  const [, , change] = backfill;
  const kinds = change?.undo.map((step) => ("change" in step ? step.change : step.title));
  expect(kinds).toEqual([
    "make room for the rows of public.orders",
    "list the rows of public.orders",
    expect.objectContaining({ set: [{ column: "Total", value: '(segue_target."Total" - 1)::integer' }] }),
    "drop the list of rows of public.orders",
  ]);
  expect(
    tables(change?.undo ?? [])
      .flat()
      .join("\n"),
  ).not.toContain(LIST);
  expect(drop).toBeUndefined();
});

describe("refused before anything ran:", () => {
  const refusal = (work: () => unknown): string => {
    try {
      work();
      return "taken";
    } catch (error) {
      if (!(error instanceof SegueError)) throw error;
      return `${error.code} ${error.message}`;
    }
  };

  test("a table whose rows can't be told apart", () => {
    expect(refusal(() => lower(ONE_MORE, { constraints: [] }))).toBe(
      "SEG0103 public.orders has no primary key: nothing names its rows, so update_rows could change one of them twice",
    );
    const children = [{ schema: "public", name: "old_orders" }];
    expect(refusal(() => lower(ONE_MORE, { inheritanceChildren: children }))).toBe(
      "SEG0103 public.orders has inheritance children, whose rows the primary key does not tell apart",
    );
  });

  test.each([
    ["id", "SEG0103 public.orders.id is in the primary key, by which the rows are known that are changed"],
    ["twice", "SEG0103 public.orders.twice is a generated column: it follows the columns that it reads"],
    ["no", "SEG0103 public.orders.no is GENERATED ALWAYS AS IDENTITY, which can't be updated"],
    ["day", "SEG0103 public.orders.day is in the partition key: rows would move"],
    [
      "code",
      "SEG0102 public.orders.code is what rows of other tables follow, which a reversal could not bring back: lines_code on lines ON UPDATE CASCADE",
    ],
    [
      "nope",
      "SEG0101 column public.orders.nope does not exist; the table has id, Total, code, twice, no, day, customer",
    ],
  ])("a `set` of %s", (column, message) => {
    expect(refusal(() => lower({ set: { [column]: "NULL" } }))).toBe(message);
    expect(refusal(() => lower({ set: { Total: "1" }, undo: { set: { [column]: "NULL" } } }))).toBe(message);
  });

  test("skipped triggers, where foreign keys and syncs would be skipped with them", () => {
    const unchecked = "which `user_triggers: skip` would leave unchecked";
    for (const column of ["customer", "Total"])
      expect(refusal(() => lower({ set: { [column]: "1" } }, {}, "skip"))).toContain(unchecked);
    const synced = [["expand", "sync", { table: "public.orders", forward: { code: "day" } }]] as const;
    const message = "SEG0103 public.orders is kept in sync by triggers, which `user_triggers: skip` would skip too";
    expect(refusal(() => lower({ set: { code: "1" } }, {}, "skip", synced))).toBe(message);
    const trigger = { name: "zzz_segue_sync_orders_1", events: ["update"], enabled: "origin" } as unknown as Trigger;
    expect(refusal(() => lower({ set: { code: "1" } }, { triggers: [trigger] }, "skip"))).toBe(message);
  });

  test("nothing to set, or two ways back", () => {
    const valid = (fields: object) => updateRowsStep.fields.safeParse({ table: "orders", ...fields }).success;
    expect([valid({ set: {} }), valid({ ...ONE_MORE, keep: true, undo: { set: { a: 1 } } }), valid(ONE_MORE)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
