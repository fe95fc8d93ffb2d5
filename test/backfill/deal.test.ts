import { expect, test } from "vitest";
import { chooseDeal } from "../../src/backfill/deal.ts";
import { readTree } from "../../src/backfill/leaves.ts";
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
    const database = await testDatabase({
      major,
      script: `CREATE TABLE things (${columns}); INSERT INTO things ${rows}`,
    });
    const { leaves } = await readTree(
      { schema: "public", name: "things" },
      <R>(sql: string, values: readonly unknown[]) => database.query(sql, [...values]) as Promise<R[]>,
    );
    expect(await chooseDeal(leaves[0]!, (sql) => database.query(sql))).toBe(dealt);
  },
);
