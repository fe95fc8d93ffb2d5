import { expect, test } from "vitest";
import { chooseDeal, type Deal } from "../../src/backfill/deal.ts";
import { readTree } from "../../src/backfill/leaves.ts";
import { stripeSizes } from "../../src/backfill/stripes.ts";
import type { FillStep } from "../../src/model/step.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";

const ROWS = "FROM generate_series(1, 20000) AS n";

const TABLES: [why: string, columns: string, rows: string, dealt: string | null][] = [
  ["a key that counts up along the table", `id bigint PRIMARY KEY`, `SELECT n ${ROWS}`, "id"],
  ["the last rows of it gone", `id int PRIMARY KEY`, `SELECT n ${ROWS} WHERE n % 10 < 9`, "id"],
  [
    "the column of a key that counts up within the other",
    `org smallint, no int, PRIMARY KEY (org, no)`,
    `SELECT n / 5000, n % 5000 ${ROWS}`,
    "no",
  ],
  ["another unique index, of a table without a primary key", `"Nº" int NOT NULL UNIQUE`, `SELECT n ${ROWS}`, "Nº"],
  ["rows in no order of the key", `id int PRIMARY KEY`, `SELECT n ${ROWS} ORDER BY hashint4(n)`, null],
  [
    "a key that counts up by sixteen: all rows would be of one stripe",
    `id int PRIMARY KEY`,
    `SELECT n * 16 ${ROWS}`,
    null,
  ],
  ["a key that is no integer", `id text PRIMARY KEY`, `SELECT n::text ${ROWS}`, null],
  ["no key", `id int`, `SELECT n ${ROWS}`, null],
  ["no rows", "id int PRIMARY KEY", "SELECT 1 WHERE false", null],
];

test.each(MAJORS.flatMap((major) => TABLES.map((table) => [major, ...table] as const)))(
  "PostgreSQL %s: %s",
  async (major, _why, columns, rows, dealt) => {
    const deal = await dealOf(`CREATE TABLE things (${columns}); INSERT INTO things ${rows}`, { major });
    expect(deal.by).toBe(dealt);
  },
);

const COUNTED = `CREATE TABLE things (id int PRIMARY KEY, a text, v bigint, note text DEFAULT repeat('x', 100));
  CREATE INDEX ON things (a); INSERT INTO things SELECT n, n::text ${ROWS}`;

test("a key that counts up is looked for by its index, in stripes that make room for what is filled", async () => {
  const { counting, rowsPerPage, mostBlocks } = await dealOf(COUNTED, { step: fillOf("segue_row.a::bigint * 2") });
  expect(counting).toEqual({
    column: "id",
    sizes: stripeSizes({ rows: rowsPerPage, fillfactor: 100, growth: 8, indexes: 2 }),
  });
  const [buffers] = await (
    await testDatabase()
  ).query<{ blocks: number }>("SELECT setting::int AS blocks FROM pg_settings WHERE name = 'shared_buffers'");
  expect(mostBlocks).toBe(Math.max(256, Math.floor((buffers?.blocks ?? 0) / 8)));
});

test.each([
  ["its leading column is another one", `org smallint, no int, PRIMARY KEY (org, no)`, `SELECT n / 5000, n % 5000`],
  ["it counts in too large steps", `id int PRIMARY KEY`, `SELECT n * 5`],
  ["its rows lie in no order", `id int PRIMARY KEY`, `SELECT hashint4(n)`],
])("a key is not looked for by an index where %s", async (_why, columns, select) => {
  const deal = await dealOf(`CREATE TABLE things (${columns}, v bigint); INSERT INTO things ${select} ${ROWS}`);
  expect(deal.counting).toBeNull();
});

test("rows that there may be nothing for are filled without asking where the sample has none", async () => {
  const some = COUNTED.replace("n::text FROM", "nullif(n % 10, 3)::text FROM");
  expect((await dealOf(COUNTED, { step: fillOf("segue_row.a::bigint") })).eager).toBe(true);
  expect((await dealOf(some, { step: fillOf("segue_row.a::bigint") })).eager).toBe(false);
  expect((await dealOf(some, { step: fillOf("coalesce(segue_row.a::bigint, 0)") })).eager).toBe(true);
  // A set of its own, of which no cheaper predicate is known.
  const { empty: _, ...own } = fillOf("segue_row.a::bigint");
  expect((await dealOf(COUNTED, { step: own })).eager).toBe(false);
});

test("nor where hardly a row of the sample is empty, or a trigger of the application would see it", async () => {
  const step = fillOf("segue_row.a::bigint");
  expect((await dealOf(`${COUNTED}; UPDATE things SET v = 1`, { step })).eager).toBe(false);
  const trigger = `CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER seen BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION seen()`;
  expect((await dealOf(`${COUNTED}; ${trigger}`, { step })).eager).toBe(false);
  expect((await dealOf(`${COUNTED}; ${trigger}`, { step: { ...step, syncTrigger: "seen" } })).eager).toBe(true);
});

test("an expression that fails for a row of the sample is none of the deal's business", async () => {
  const { eager, counting } = await dealOf(COUNTED, { step: fillOf("(segue_row.a || 'x')::bigint") });
  expect(eager).toBe(false);
  expect(counting?.column).toBe("id");
});

function fillOf(value: string): Omit<FillStep, "undo"> {
  return {
    kind: "fill",
    id: "backfill.1",
    title: "fill",
    table: { schema: "public", name: "things" },
    set: [{ column: "v", value }],
    where: `segue_row.v IS NULL AND (${value}) IS NOT NULL`,
    empty: "segue_row.v IS NULL",
    userTriggers: "fire",
  };
}

async function dealOf(
  script: string,
  { major, step }: { major?: number; step?: Omit<FillStep, "undo"> } = {},
): Promise<Deal> {
  const database = await testDatabase({ script, ...(major === undefined ? {} : { major }) });
  const { leaves } = await readTree(
    { schema: "public", name: "things" },
    <R>(sql: string, values: readonly unknown[]) => database.query(sql, [...values]) as Promise<R[]>,
  );
  return await chooseDeal(leaves[0]!, step ?? fillOf("1"), 2, {
    ask: (sql) => database.query(sql),
    glance: async (sql) => (await database.query<Record<string, number>>(sql).catch(() => []))[0] ?? null,
  });
}
