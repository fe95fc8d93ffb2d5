import { beforeAll, expect, test } from "vitest";
import { loadParser } from "../../../src/sql/parser.ts";
import { hiddenName } from "../../../src/steps/contract-entries.ts";
import { replaceColumn } from "../../../src/steps/replace-column.ts";
import { catalogOf, columnOf, tableOf } from "./carry-catalog.ts";
import { statementsOf } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";

beforeAll(loadParser);

const T = tableOf("orders", {
  columns: [
    columnOf("customer", "integer", { notNull: true }),
    columnOf("customer2", "bigint", { notNull: true }),
    columnOf("name", "text", { default: "'new'::text" }),
    columnOf("handle", "text"),
  ],
});
const HIDDEN = hiddenName(T, "customer", "1_test");
const HIDDEN_NAME = hiddenName(T, "name", "1_test");
const LOCKS_VIEWS = expect.stringContaining("ALTER VIEW %I.%I OWNER TO %I") as string;
const TURNS_VIEWS = expect.stringContaining("CREATE OR REPLACE VIEW %I.%I%s AS %s") as string;
const lower = (fields: { column: string; by: string; keep_name?: boolean }, reverse: Record<string, string>) =>
  replaceColumn.lower(
    { table: "orders", ...fields },
    lowerContext(catalogOf(17, T), "contract", [
      ["expand", "sync", { table: "orders", reverse }],
      ["contract", "replace_column", { table: "orders", ...fields }],
    ]),
  );

test("a copy takes the place of its original in one transaction: names, default and all", () => {
  const { cutover = [], drop = [], hides, losses } = lower({ column: "name", by: "handle" }, { name: "handle" });
  expect(statementsOf(cutover)).toEqual([
    [
      LOCKS_VIEWS,
      `ALTER TABLE public.orders RENAME COLUMN name TO ${HIDDEN_NAME}`,
      TURNS_VIEWS,
      "ALTER TABLE public.orders ALTER COLUMN handle SET DEFAULT 'new'::text",
      `ALTER TABLE public.orders ALTER COLUMN ${HIDDEN_NAME} DROP DEFAULT`,
    ],
  ]);
  expect(statementsOf(cutover[0]?.undo ?? [])).toEqual([
    [
      LOCKS_VIEWS,
      `ALTER TABLE public.orders ALTER COLUMN ${HIDDEN_NAME} SET DEFAULT 'new'::text`,
      "ALTER TABLE public.orders ALTER COLUMN handle DROP DEFAULT",
      TURNS_VIEWS,
      `ALTER TABLE public.orders RENAME COLUMN ${HIDDEN_NAME} TO name`,
    ],
  ]);
  expect(statementsOf(drop)).toEqual([[`ALTER TABLE public.orders DROP COLUMN IF EXISTS ${HIDDEN_NAME}`]]);
  expect(hides).toEqual([{ table: { schema: "public", name: "orders" }, column: "name", followed: "handle" }]);
  expect(losses).toEqual([]);
});

test("a shadow takes over the name, and the hidden column may be left without a value that it can't hold", () => {
  const {
    cutover = [],
    losses,
    warnings,
  } = lower({ column: "customer", by: "customer2", keep_name: true }, { customer: "customer2" });
  expect(statementsOf(cutover)).toEqual([
    [
      `ALTER TABLE public.orders RENAME COLUMN customer TO ${HIDDEN}`,
      "ALTER TABLE public.orders RENAME COLUMN customer2 TO customer",
      `ALTER TABLE public.orders ALTER COLUMN ${HIDDEN} DROP NOT NULL`,
    ],
  ]);
  const undo = statementsOf(cutover[0]?.undo ?? []);
  expect(undo[0]).toEqual([
    "ALTER TABLE public.orders RENAME COLUMN customer TO customer2",
    `ALTER TABLE public.orders RENAME COLUMN ${HIDDEN} TO customer`,
  ]);
  expect(undo.slice(1).flat().at(-2)).toBe("ALTER TABLE public.orders ALTER COLUMN customer SET NOT NULL");
  expect(losses?.map(({ count, flag }) => [count, flag])).toContainEqual([
    `SELECT count(*) FROM public.orders AS segue_row WHERE segue_row.${HIDDEN} IS NULL AND segue_row.customer IS NOT NULL`,
    "--lose-values",
  ]);
  expect(warnings).toContain(
    "both application versions see the old type of public.orders.customer until the cut-over and the new one after it: they must tolerate both",
  );
});

test("columns that are not there are refused", () => {
  expect(() => lower({ column: "name", by: "nick" }, {})).toThrow("column public.orders.nick does not exist");
  expect(() => lower({ column: "nick", by: "name" }, {})).toThrow("column public.orders.nick does not exist");
});
