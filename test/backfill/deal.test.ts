import { expect, test } from "vitest";
import { chooseDeal, type Deal } from "../../src/backfill/deal.ts";
import { readTree } from "../../src/backfill/leaves.ts";
import { sharesOf } from "../../src/backfill/page-shares.ts";
import type { FillStep } from "../../src/model/step.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";

const ROWS = "FROM generate_series(1, 20000) AS n";

const FRESH = `CREATE TABLE things (id int PRIMARY KEY, a text, v bigint, note text DEFAULT repeat('x', 100));
  CREATE INDEX ON things (a); INSERT INTO things SELECT n, n::text ${ROWS}`;

test("the rows of a page are dealt to stripes that make room for what is filled", async () => {
  const { stripes, mostBlocks } = await dealOf(FRESH, { step: fillOf("segue_row.a::bigint * 2") });
  // 8,168 bytes hold 58 rows of 136 and their pointers.
  const shares = sharesOf({ rows: 58, fillfactor: 100, growth: 8, indexes: 2 });
  expect(stripes.map(({ rows, leaving }) => ({ rows, leaving }))).toEqual(shares);
  expect(stripes.map(({ stripe }) => stripe.length)).toEqual(shares.map(({ rows }) => rows));
  const [buffers] = await (
    await testDatabase()
  ).query<{ blocks: number }>("SELECT setting::int AS blocks FROM pg_settings WHERE name = 'shared_buffers'");
  expect(mostBlocks).toBe(Math.max(256, Math.floor((buffers?.blocks ?? 0) / 4)));
});

test.each(MAJORS)(
  "PostgreSQL %s: where updates have left gaps, stripes are dealt of all line pointers",
  async (major) => {
    const database = await testDatabase({ major, script: FRESH });
    // As a fill does it: the new versions take other line pointers of the same pages.
    for (let n = 0; n < 16; n += 1) await database.query(`UPDATE things SET v = 1 WHERE id % 16 = ${n}`);
    const { stripes } = await dealIn(database, fillOf("1"));
    const [last] = await database.query<{ pointer: number }>(
      "SELECT max((ctid::text::point)[1])::int AS pointer FROM things",
    );
    const dealt = stripes.flatMap(({ stripe }) => stripe);
    expect(new Set(dealt).size).toBe(dealt.length);
    expect(dealt.length).toBeGreaterThan(58);
    expect(dealt.length).toBeLessThanOrEqual(last?.pointer ?? 0);
  },
);

test.each([
  ["no rows", "id int PRIMARY KEY, v bigint", "SELECT 1 WHERE false"],
  ["one row", "id int PRIMARY KEY, v bigint", "SELECT 1"],
  ["no key", "id int, v bigint", `SELECT n ${ROWS}`],
  ["rows as wide as a page", "id int PRIMARY KEY, v bigint, w char(7000) DEFAULT ''", `SELECT n ${ROWS} LIMIT 100`],
  ["no columns to speak of", "id int, v bigint", `SELECT NULL ${ROWS}`],
])("a table with %s has a deal", async (_what, columns, rows) => {
  const script = `CREATE TABLE things (${columns}); ALTER TABLE things ALTER v SET STORAGE PLAIN; INSERT INTO things (id) ${rows}`;
  const { stripes } = await dealOf(script);
  expect(stripes[0]?.stripe[0]).toBe(1);
});

test("where no row can stay on its page, the watch over HOT updates is to find that", async () => {
  const script = `CREATE TABLE things (id int PRIMARY KEY, v bigint, w char(7000) DEFAULT '');
    ALTER TABLE things ALTER w SET STORAGE PLAIN; INSERT INTO things (id) SELECT n ${ROWS} LIMIT 100`;
  expect((await dealOf(script)).stripes).toEqual([{ stripe: [1], rows: 1, leaving: 0 }]);
});

test("a list of rows is visited in stripes of one size", async () => {
  const database = await testDatabase({ script: FRESH });
  const { stripes } = await dealIn(database, null);
  const sizes = stripes.map(({ stripe }) => stripe.length);
  expect(stripes).toHaveLength(16);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
});

test("rows that there may be nothing for are filled without asking where the sample has none", async () => {
  const some = FRESH.replace("n::text FROM", "nullif(n % 10, 3)::text FROM");
  expect((await dealOf(FRESH, { step: fillOf("segue_row.a::bigint") })).by).toBe("empty");
  expect((await dealOf(some, { step: fillOf("segue_row.a::bigint") })).by).toBe("where");
  expect((await dealOf(some, { step: fillOf("coalesce(segue_row.a::bigint, 0)") })).by).toBe("empty");
  // A set of its own, of which no cheaper predicate is known.
  const { empty: _, ...own } = fillOf("segue_row.a::bigint");
  expect((await dealOf(FRESH, { step: own })).by).toBe("where");
});

test("where just those rows of the sample have no value that lack a source, the sources are asked instead of the expression", async () => {
  const some = FRESH.replace("n::text FROM", "nullif(n % 10, 3)::text FROM");
  const sourced = "segue_row.v IS NULL AND segue_row.a IS NOT NULL";
  const told = async (value: string) => (await dealOf(some, { step: { ...fillOf(value), sourced } })).by;
  expect(await told("segue_row.a::bigint")).toBe("sourced");
  expect(await told("nullif(segue_row.a, '4')::bigint")).toBe("where");
  expect(await told("case when segue_row.a is null then 7 when segue_row.a <> '4' then 8 end")).toBe("where");
  expect(await told("coalesce(segue_row.a::bigint, 0)")).toBe("empty");
});

test("nor where hardly a row of the sample is empty, or a trigger of the application would see it", async () => {
  const step = fillOf("segue_row.a::bigint");
  expect((await dealOf(`${FRESH}; UPDATE things SET v = 1`, { step })).by).toBe("where");
  const trigger = `CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER seen BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION seen()`;
  expect((await dealOf(`${FRESH}; ${trigger}`, { step })).by).toBe("where");
  expect((await dealOf(`${FRESH}; ${trigger}`, { step: { ...step, syncTrigger: "seen" } })).by).toBe("empty");
});

test("an expression that fails for a row of the sample is none of the deal's business", async () => {
  const { by, stripes } = await dealOf(FRESH, { step: fillOf("(segue_row.a || 'x')::bigint") });
  expect(by).toBe("where");
  expect(stripes.length).toBeGreaterThan(1);
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
  return await dealIn(await testDatabase({ script, ...(major === undefined ? {} : { major }) }), step ?? fillOf("1"));
}

async function dealIn(database: TestDatabase, step: Omit<FillStep, "undo"> | null): Promise<Deal> {
  const { leaves } = await readTree(
    { schema: "public", name: "things" },
    <R>(sql: string, values: readonly unknown[]) => database.query(sql, [...values]) as Promise<R[]>,
  );
  return await chooseDeal(leaves[0]!, step, 2, {
    ask: (sql) => database.query(sql),
    glance: async (sql) => (await database.query<Record<string, number>>(sql).catch(() => []))[0] ?? null,
  });
}
