import { expect, test } from "vitest";
import { factKey } from "../../../src/model/catalog.ts";
import { addColumnStep, canonicalType } from "../../../src/steps/add-column.ts";
import { catalogOf, columnOf, tableOf } from "./carry-catalog.ts";
import { EVENTS, EVENTS_1 } from "./columns.ts";
import { statementsOf } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";

const USERS = tableOf("users", {
  columns: [
    columnOf("name", "text", {
      comment: "as typed",
      statisticsTarget: 500,
      grants: [{ grantee: "Web app", privilege: "SELECT", grantable: false }],
    }),
  ],
});
const CATALOG = catalogOf(18, USERS, EVENTS, EVENTS_1);
const lower = (fields: Record<string, unknown>) =>
  addColumnStep.lower(addColumnStep.fields.parse(fields), lowerContext(CATALOG, "expand")).expand ?? [];
const statements = (fields: Record<string, unknown>) => statementsOf(lower({ table: "users", ...fields }))[0];

test("a column comes with everything it is given, in one transaction", () => {
  expect(statements({ column: "Größe", type: "int" })).toEqual(['ALTER TABLE public.users ADD COLUMN "Größe" int']);
  expect(
    statements({ column: "a", type: "text", collation: '"C"', default: "'x'", nullable: false, comment: "it's" }),
  ).toEqual([
    `ALTER TABLE public.users ADD COLUMN a text COLLATE "C" DEFAULT 'x' NOT NULL`,
    "COMMENT ON COLUMN public.users.a IS 'it''s'",
  ]);
  expect(statements({ column: "a", type: "uuid", new_default: "gen_random_uuid()" })).toEqual([
    "ALTER TABLE public.users ADD COLUMN a uuid",
    "ALTER TABLE public.users ALTER COLUMN a SET DEFAULT gen_random_uuid()",
  ]);
  expect(statements({ column: "a", type: "int", generated: "length(name)" })).toEqual([
    "ALTER TABLE public.users ADD COLUMN a int GENERATED ALWAYS AS (length(name)) VIRTUAL",
  ]);
});

test("a duplicate has the attributes of its original", () => {
  expect(statements({ column: "handle", type: "text", like: "name" })).toEqual([
    "ALTER TABLE public.users ADD COLUMN handle text",
    "ALTER TABLE public.users ALTER COLUMN handle SET STATISTICS 500",
    "COMMENT ON COLUMN public.users.handle IS 'as typed'",
    'GRANT SELECT (handle) ON TABLE public.users TO "Web app"',
  ]);
});

test("it locks the table and its partitions for a moment, and goes as it came", () => {
  const [step] = lower({ table: '"Sales".events'.replaceAll('"', ""), column: "a", type: "int" });
  const locks = ["events", "events_1"].map((name) => ({
    relation: { schema: "Sales", name },
    mode: "ACCESS EXCLUSIVE",
  }));
  expect(step).toMatchObject({ patience: "short", scans: false, rewrites: false, locks });
  expect(step?.undo).toMatchObject([
    { title: "drop column Sales.events.a", statements: ['ALTER TABLE "Sales".events DROP COLUMN IF EXISTS a'], locks },
  ]);
});

test("a column that is there already is refused", () => {
  expect(() => lower({ table: "users", column: "name", type: "int" })).toThrow(
    "column public.users.name already exists",
  );
  expect(() => lower({ table: "users", column: "xmin", type: "int" })).toThrow(
    "public.users can't have a column xmin: every table has one of the server's own by that name",
  );
});

test("a typed table has the columns of its type", () => {
  const catalog = catalogOf(18, tableOf("t", { ofType: "public.person" }));
  const fields = addColumnStep.fields.parse({ table: "t", column: "a", type: "int" });
  expect(() => addColumnStep.lower(fields, lowerContext(catalog, "expand"))).toThrow(
    "public.t has the columns of type public.person: change them there",
  );
});

test("a domain with constraints is refused, asked for or taken from a column, but for a table that is new", () => {
  const message = "adding a column of one rewrites the table under a lock";
  const facts = { [factKey({ ask: "type", type: "positive" })]: { type: "public.positive", constrained: true } };
  const price = columnOf("price", "public.positive", { constrainedType: true });
  const given =
    (fields: Record<string, unknown>, oid = 1) =>
    () =>
      addColumnStep.lower(addColumnStep.fields.parse({ table: "t", column: "a", ...fields }), {
        ...lowerContext({ ...catalogOf(18, tableOf("t", { oid, columns: [price] })), facts }, "expand"),
      });
  expect(given({ type: "positive" })).toThrow(message);
  expect(given({ type: "public.positive", like: "price" })).toThrow(message);
  expect(given({ type: "integer", like: "price" })).not.toThrow();
  expect(given({ type: "positive" }, 0)).not.toThrow();
});

test("the type of an explicit entry is asked for, so that a sync knows its length", () => {
  const fields = addColumnStep.fields.parse({ table: "users", column: "a", type: "varchar(3)" });
  expect(addColumnStep.questions(fields)).toEqual([{ ask: "type", type: "varchar(3)" }]);
  const facts = { [factKey({ ask: "type", type: "varchar(3)" })]: { type: "character varying(3)" } };
  expect(canonicalType({ ...CATALOG, facts }, "varchar(3)")).toBe("character varying(3)");
  expect(canonicalType(CATALOG, "varchar(3)")).toBe("varchar(3)");
  const after = addColumnStep.after?.({ ...fields, default: 0, comment: "c" }, { ...CATALOG, facts });
  expect(after?.tables["public.users"]?.columns[1]).toMatchObject({
    name: "a",
    type: "character varying(3)",
    notNull: false,
    default: "0",
    comment: "c",
  });
});
