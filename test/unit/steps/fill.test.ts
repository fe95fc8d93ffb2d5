import { beforeAll, expect, test } from "vitest";
import type { Trigger } from "../../../src/model/catalog.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { syncNames } from "../../../src/steps/sync.ts";
import { fill } from "../../../src/steps/fill.ts";
import { catalogOf, columnOf, tableOf } from "./carry-catalog.ts";
import { lowerContext } from "./lower-context.ts";

beforeAll(loadParser);

const trigger = (name: string, parts: Partial<Trigger> = {}): Trigger => ({
  name,
  definition: "",
  function: "f",
  timing: "after",
  row: true,
  events: ["update"],
  enabled: "origin",
  columns: [],
  inherited: false,
  ...parts,
});
const ORDERS = tableOf("orders", {
  columns: [columnOf("status", "character varying(8)"), columnOf("state", "text"), columnOf("Total", "integer")],
});
const lower = (
  fields: Record<string, unknown>,
  triggers: readonly Trigger[] = [],
  userTriggers: "fire" | "skip" = "fire",
) => {
  const context = lowerContext(catalogOf(18, { ...ORDERS, triggers }), "backfill", [
    ["expand", "sync", { table: "public.orders", forward: { state: "status" } }],
  ]);
  const { settings } = context;
  return fill.lower(fill.fields.parse({ table: "orders", ...fields }), {
    ...context,
    settings: { ...settings, backfill: { ...settings.backfill, user_triggers: userTriggers } },
  });
};

test("without a `set` it runs the table's sync", () => {
  expect(lower({}).backfill).toEqual([
    {
      kind: "fill",
      empty: "segue_row.state IS NULL",
      sourced: "segue_row.state IS NULL AND segue_row.status IS NOT NULL",
      title: "fill public.orders (state)",
      table: { schema: "public", name: "orders" },
      set: [{ column: "state", value: "(segue_row.status)::text" }],
      where: "segue_row.state IS NULL AND ((segue_row.status) IS NOT NULL)",
      userTriggers: "fire",
      syncTrigger: syncNames({ schema: "public", name: "orders" }, "1_test").trigger,
      undo: [],
    },
  ]);
});

test("with a `set` of its own, which may write what a sync reads, it calls the sync", () => {
  expect(lower({ set: { status: "lower(status)" } }).backfill?.[0]).not.toHaveProperty("syncTrigger");
});

test("with a `set` a row that holds the values already is left alone", () => {
  expect(lower({ set: { status: "lower(status)", Total: 0 }, where: '"Total" < 0' }).backfill).toMatchObject([
    {
      set: [
        { column: "status", value: "(lower(segue_row.status))::character varying" },
        { column: "Total", value: "(0)::integer" },
      ],
      where:
        '(segue_row."Total" < 0) AND ROW(segue_row.status, segue_row."Total")::record *<> ROW((lower(segue_row.status))::character varying, (0)::integer)::record',
    },
  ]);
});

test("without a sync or a `set` there is nothing to fill with", () => {
  const alone = lowerContext(catalogOf(18, ORDERS), "backfill");
  expect(() => fill.lower({ table: "orders" }, alone)).toThrow(
    "fill of public.orders has no `set`, and the plan has no sync with a `forward` or `fill` for the table",
  );
});

test("the triggers that will fire are told before", () => {
  const triggers = [trigger("audit"), trigger("off", { enabled: "disabled" }), trigger("new", { events: ["insert"] })];
  expect(lower({}, triggers).warnings).toEqual([
    "triggers of public.orders fire for every filled row (settings.backfill.user_triggers: skip turns that off): audit",
  ]);
  const skipped = lower({}, triggers, "skip");
  expect(skipped.warnings).toEqual(["triggers of public.orders do not fire for filled rows: audit"]);
  expect(skipped.backfill).toMatchObject([{ userTriggers: "skip" }]);
});
