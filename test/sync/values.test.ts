import { describe, expect, test } from "vitest";
import { MAJORS } from "../support/postgres.ts";
import { syncedTable, type SyncedTable } from "./synced-table.ts";

interface Case {
  readonly type: string;
  /** Values of the old version, each an update after the other. */
  readonly values: readonly string[];
}

const TYPES: readonly Case[] = [
  { type: "text", values: ["''", "' a '", "repeat('x', 200000)", "repeat('x', 200001)"] },
  { type: "public.citext", values: ["'Ada'", "'ADA'", "'ada'"] },
  { type: 'text COLLATE public."no_case"', values: ["'Ada'", "'ADA'", "'ada'"] },
  { type: "character(5)", values: ["'a   '", "'ab'", "'a'"] },
  { type: "character varying(3)", values: ["'a'", "'abc'", "''"] },
  { type: "numeric", values: ["1.0", "1.00", "1", "'NaN'", "-0.000"] },
  { type: "numeric(12,4)", values: ["1.5", "99999999.9999"] },
  { type: "double precision", values: ["0.0", "'-0'", "'NaN'", "'Infinity'", "0.1 + 0.2"] },
  { type: "real", values: ["0.1", "'-Infinity'"] },
  { type: "json", values: [`'{"a": 1}'`, `'{"a":1}'`, `'{"a": 1, "a": 2}'`, "'null'"] },
  { type: "jsonb", values: [`'{"a": 1}'`, `'{"a": 1.0}'`, "'null'", `to_jsonb(repeat('x', 100000))`] },
  { type: "xml", values: ["'<a/>'", "'<a></a>'"] },
  { type: "bytea", values: ["'\\x00'", "'\\x0000'", "''"] },
  { type: "point", values: ["'(1,2)'", "'(1,2.5)'"] },
  {
    type: "integer[]",
    values: ["'{}'", "'{1,NULL,3}'", "'[0:1]={1,2}'", "'{{1},{2}}'", "array_append('{1}'::int[], 2)"],
  },
  { type: "text[]", values: ["'{a}'", "'{NULL}'", "array_remove('{a,NULL}'::text[], NULL)"] },
  { type: "public.mood[]", values: ["'{sad}'", "'{sad,happy}'"] },
  { type: "public.mood", values: ["'sad'", "'happy'"] },
  { type: "public.short_text", values: ["'ab'", "'abc'"] },
  { type: "public.pair", values: ["'(1,a)'", "'(1,)'", "'(,)'", "ROW(2, repeat('x', 5000))::public.pair"] },
  { type: "public.pair[]", values: [`'{"(1,a)"}'`, `'{"(1,)",NULL}'`] },
  { type: "int4range", values: ["'[1,5)'", "'empty'", "'(,)'"] },
  { type: "interval", values: ["'1 mon'", "'30 days'", "'24 hours'", "'1 day'"] },
  { type: "timestamp with time zone", values: ["'infinity'", "'2024-02-29 12:00:00.123456+05:45'"] },
  { type: "time with time zone", values: ["'12:00+00'", "'13:00+01'"] },
  { type: "inet", values: ["'10.0.0.1'", "'10.0.0.1/24'"] },
  { type: "uuid", values: ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"] },
  { type: "tsvector", values: ["'a b'", "'a:1 b:2'"] },
  { type: "oid", values: ["0", "4294967295"] },
];

const script = `
  CREATE EXTENSION citext;
  CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  CREATE TYPE mood AS ENUM ('sad', 'happy');
  CREATE DOMAIN short_text AS text CHECK (length(value) < 4);
  CREATE TYPE pair AS (n int, s text);
  CREATE TABLE things (id int PRIMARY KEY, ${TYPES.map(({ type }, n) => `c${n} ${type}`).join(", ")});
  INSERT INTO things (id) VALUES (1);
  INSERT INTO things VALUES (2, ${TYPES.map(({ values }) => values[0]).join(", ")});
  ${TYPES.map(({ values }, n) => values.map((value, v) => `INSERT INTO things (id, c${n}) VALUES (${100 * (n + 1) + v}, ${value});`).join("\n")).join("\n")}
  ALTER TABLE things ${TYPES.map(({ type }, n) => `ADD COLUMN d${n} ${type}`).join(", ")};`;

const sync = {
  table: "things",
  forward: Object.fromEntries(TYPES.map((_, n) => [`d${n}`, `c${n}`])),
  reverse: Object.fromEntries(TYPES.map((_, n) => [`c${n}`, `d${n}`])),
};

describe.each(MAJORS)("values of every kind on PostgreSQL %i", (major) => {
  let things: SyncedTable;
  /** Columns whose two sides are not the same, byte by byte. */
  const unlike = async (): Promise<string[]> => {
    const row = (side: string): string => `ROW(${TYPES.map((_, n) => `${side}${n}`).join(", ")})`;
    const rows = await things.database.query<{ id: number }>(
      `SELECT id FROM things WHERE ${row("c")}::record *<> ${row("d")}::record ORDER BY id`,
    );
    return rows.map(({ id }) => `${id}: ${TYPES[Math.floor(id / 100) - 1]?.type ?? "several"}`);
  };

  test("are filled, copied by both versions and verified byte by byte", async () => {
    things = await syncedTable({ major, script, sync });
    await things.fill();
    expect(await unlike()).toEqual([]);
    expect(await things.fill()).toBe(0);
    expect(await things.mismatches()).toBe(0);

    for (const [n, { type, values }] of TYPES.entries()) {
      for (const value of values) {
        const [written] = await things.query(
          `WITH before AS (SELECT c${n} AS value FROM things WHERE id = 1) UPDATE things SET c${n} = ${value} FROM before WHERE id = 1 ` +
            `RETURNING ROW(before.value)::record *<> ROW(c${n})::record AS changed`,
        );
        expect(await unlike(), `${type} ${value} by the old version`).toEqual([]);
        if (values.length > 1) expect(written, `${type} ${value} is a change`).toEqual({ changed: true });
      }
      for (const value of values) {
        await things.query(`UPDATE things SET d${n} = ${value} WHERE id = 1`);
        expect(await unlike(), `${type} ${value} by the new version`).toEqual([]);
      }
    }
    await things.query(
      `INSERT INTO things (id, ${TYPES.map((_, n) => `d${n}`).join(", ")}) VALUES (3, ${TYPES.map(({ values }) => values[0]).join(", ")})`,
    );
    expect(await unlike()).toEqual([]);
    expect(await things.mismatches()).toBe(0);
    expect(await things.witnesses()).toEqual([]);
  });
});
