import { beforeAll, describe, expect, test } from "vitest";
import { type Catalog, type Fact, factKey } from "../../../src/model/catalog.ts";
import { addColumn } from "../../../src/operations/add-column.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { catalogOf, columnOf, tableOf } from "../steps/carry-catalog.ts";

beforeAll(loadParser);

const SHOP = catalogOf(18, tableOf("orders", { columns: [columnOf("id", "bigint"), columnOf("total", "integer")] }));
const CHEAP: Fact = { rewrite: false, scan: false, reindex: false };
const REWRITES: Fact = { rewrite: true, scan: true, reindex: false };

const compile = (written: Record<string, unknown>, fact: Fact = CHEAP, catalog: Catalog = SHOP) => {
  const fields = addColumn.fields.parse({ table: "orders", ...written });
  const [question] = addColumn.questions?.(fields, "public") ?? [];
  if (question === undefined) throw new Error("no question");
  return addColumn.compile(fields, { ...catalog, facts: { [factKey(question)]: fact } });
};
const entry = (kind: string, fields: Record<string, unknown>) => ({ kind, fields: { table: "orders", ...fields } });

describe("a column that the server adds without a rewrite", () => {
  test("is one ALTER", () => {
    expect(compile({ column: "note", type: "text", comment: "free text", collation: '"C"' })).toEqual({
      expand: [entry("add_column", { column: "note", type: "text", collation: '"C"', comment: "free text" })],
      backfill: [],
      contract: [],
    });
    expect(compile({ column: "open", type: "boolean", nullable: false, default: true }).expand).toEqual([
      entry("add_column", { column: "open", type: "boolean", nullable: false, default: true }),
    ]);
    expect(compile({ column: "gross", type: "int", generated: "total * 2" }).expand).toEqual([
      entry("add_column", { column: "gross", type: "int", generated: "total * 2" }),
    ]);
  });

  test("gets its constraints in the backfill, by the names that PostgreSQL would give them", () => {
    const written = {
      column: "customer",
      type: "bigint",
      check: "customer > 0",
      unique: true,
      references: { table: "customers" },
    };
    expect(compile(written)).toEqual({
      expand: [entry("add_column", { column: "customer", type: "bigint" })],
      backfill: [
        entry("add_check", { name: "orders_customer_check", check: "customer > 0" }),
        entry("add_unique", { name: "orders_customer_key", columns: ["customer"] }),
        entry("add_foreign_key", {
          name: "orders_customer_fkey",
          columns: ["customer"],
          references: { table: "customers" },
        }),
      ],
      contract: [],
    });
  });

  test("gets names within 63 bytes however long its own is", () => {
    const column = "ö".repeat(31);
    const [unique] = compile({ column, type: "text", unique: true }).backfill;
    expect(Buffer.byteLength(String(unique?.fields["name"]))).toBeLessThanOrEqual(63);
    expect(unique?.fields["name"]).toMatch(/^orders_ö+_[0-9a-f]{8}$/);
  });
});

describe("a column whose values must be written to each row", () => {
  test("with a volatile default is nullable, filled, and then required", () => {
    expect(
      compile({ column: "public_id", type: "uuid", nullable: false, default: "gen_random_uuid()" }, REWRITES),
    ).toEqual({
      expand: [
        entry("add_column", { column: "public_id", type: "uuid", new_default: "gen_random_uuid()" }),
        entry("sync", { fill: { public_id: "gen_random_uuid()" } }),
      ],
      backfill: [entry("fill", {}), entry("set_not_null", { column: "public_id" })],
      contract: [entry("drop_sync", {})],
    });
  });

  test("with a fill of its own keeps the default for the rows to come", () => {
    expect(compile({ column: "state", type: "text", default: "'new'", fill: "'old'", check: "state <> ''" })).toEqual({
      expand: [
        entry("add_column", { column: "state", type: "text", new_default: "'new'" }),
        entry("sync", { fill: { state: "'old'" } }),
      ],
      backfill: [entry("fill", {}), entry("add_check", { name: "orders_state_check", check: "state <> ''" })],
      contract: [entry("drop_sync", {})],
    });
  });
});

describe("is refused", () => {
  const refused = (written: Record<string, unknown>, fact?: Fact, catalog?: Catalog) => () =>
    compile(written, fact, catalog);
  test("without a value for a column that must have one", () => {
    expect(refused({ column: "a", type: "int", nullable: false })).toThrow(
      "public.orders.a is not nullable and has neither `default` nor `fill`: existing rows and old writers would have no value for it",
    );
  });
  test("as a serial", () => {
    for (const type of ["serial", "BIGSERIAL", "smallserial", "serial8"]) {
      expect(refused({ column: "a", type })).toThrow(
        `orders.a: ${type} is no type but a sequence and a volatile default, which rewrites the table`,
      );
    }
  });
  test("as a generated column that would be stored", () => {
    expect(refused({ column: "a", type: "int", generated: "total + 1" }, CHEAP, { ...SHOP, major: 17 })).toThrow(
      "public.orders.a: a generated column can be added without a rewrite only as VIRTUAL, which PostgreSQL has from 18 on",
    );
    expect(addColumn.fields.safeParse({ table: "t", column: "a", type: "int", generated: "1", fill: 1 }).success).toBe(
      false,
    );
  });
  test("with a type that rewrites by itself, a fill or not", () => {
    for (const value of [{}, { fill: 1 }]) {
      expect(refused({ column: "a", type: "positive", ...value }, REWRITES)).toThrow(
        "public.orders.a: adding a column of type positive rewrites the table under a lock, even without a default",
      );
    }
  });
  test("where the column, the table or the type is not as the plan says", () => {
    expect(refused({ column: "total", type: "int" })).toThrow("column public.orders.total already exists");
    expect(refused({ table: "nothing", column: "a", type: "int" })).toThrow("table public.nothing does not exist");
    expect(refused({ column: "a", type: "inte" }, { error: 'type "inte" does not exist', sqlstate: "42704" })).toThrow(
      'public.orders.a: type "inte" does not exist',
    );
  });
});

test("the server is asked of the very ALTER, of the type, and of what a fill looks up", () => {
  const fields = addColumn.fields.parse({
    table: "sales.Orders",
    column: "N",
    type: "text",
    collation: '"C"',
    default: "'x'",
  });
  expect(addColumn.questions?.(fields, "public")).toEqual([
    { ask: "alter", table: { schema: "sales", name: "Orders" }, action: `ADD COLUMN "N" text COLLATE "C" DEFAULT 'x'` },
    { ask: "type", type: "text" },
    { ask: "names", functions: [], operators: [], types: [] },
  ]);
});

test("later operations see the column, required if the plan says so", () => {
  const fields = addColumn.fields.parse({ table: "orders", column: "a", type: "int", nullable: false, default: 0 });
  const after = addColumn.after(fields, SHOP).tables["public.orders"]?.columns.at(-1);
  expect(after).toMatchObject({ name: "a", type: "int", notNull: true, default: "0", attnum: 2 });
});
