/** A column type as the drawn tables use it. */
export interface ColumnType {
  /** `%` stands for the schema that holds the test's own types. */
  readonly sql: string;
  /** One of many values, some of them at the edge of the type. */
  literal(n: number): string;
  /** A check that nearly all of the values pass. */
  check(column: string): string;
  /** False for a type without a default operator class of btree. */
  readonly sorts: boolean;
  /** Types that it can be changed to, all of its values kept, and not in place: that has a way back of its own. */
  readonly widerTypes: readonly string[];
}

const text = (n: number): string => ["''", "'A b'", "'ü'", "'O''Brien'", "E'back\\\\slash'"][n] ?? `'text ${n}'`;
const type = (
  sql: string,
  literal: (n: number) => string,
  check: (column: string) => string,
  { widerTypes = [], sorts = true }: Partial<Pick<ColumnType, "widerTypes" | "sorts">> = {},
): ColumnType => ({ sql, literal, check, sorts, widerTypes });

export const COLUMN_TYPES: Readonly<Record<string, ColumnType>> = {
  integer: type(
    "integer",
    (n) => String([2147483647, 0, -1][n - 7] ?? n % 6),
    (c) => `${c} <> 5`,
    { widerTypes: ["bigint", "numeric", "text"] },
  ),
  smallint: type(
    "smallint",
    (n) => String([32767, -32768][n - 7] ?? n),
    (c) => `${c} <> 9`,
    { widerTypes: ["integer", "bigint"] },
  ),
  bigint: type(
    "bigint",
    (n) => String(["9223372036854775807"][n - 7] ?? n % 6),
    (c) => `${c} <> 5`,
    { widerTypes: ["numeric"] },
  ),
  varchar: type("varchar(30)", text, (c) => `length(${c}) < 25`, {}),
  text: type("text", text, (c) => `${c} <> 'text 9'`),
  numeric: type(
    "numeric(8,2)",
    (n) => `${n}.${n}0`,
    (c) => `${c} < 9.5`,
    { widerTypes: ["numeric(12,4)"] },
  ),
  double: type(
    "double precision",
    (n) => ["'NaN'", "'-0'", "'Infinity'"][n] ?? `${n}.1`,
    (c) => `${c} <> 9.1`,
  ),
  boolean: type(
    "boolean",
    (n) => String(n % 2 === 0),
    (c) => `${c} OR NOT ${c}`,
  ),
  date: type(
    "date",
    (n) => ["'infinity'", "'0044-03-15 BC'"][n] ?? `'2026-01-${10 + n}'`,
    (c) => `${c} <> '2026-01-19'`,
    { widerTypes: ["timestamp"] },
  ),
  timestamptz: type(
    "timestamptz",
    (n) => `'2026-01-${10 + n} 10:00:00.123456+02'`,
    (c) => `${c} > '2000-01-01Z'`,
  ),
  interval: type(
    "interval",
    (n) => `'${n} mons ${n} days'`,
    (c) => `${c} < '9 mons'`,
  ),
  uuid: type(
    "uuid",
    (n) => `'00000000-0000-4000-8000-00000000000${n % 10}'`,
    (c) => `${c} <> '00000000-0000-4000-8000-000000000009'`,
  ),
  jsonb: type(
    "jsonb",
    (n) => `'{"n": ${n}, "a": [1.0, null]}'`,
    (c) => `${c} ? 'n'`,
  ),
  json: type(
    "json",
    (n) => `'{"n":  ${n}, "n": 1.0}'`,
    (c) => `${c} ->> 'n' <> '9'`,
    { sorts: false },
  ),
  array: type(
    "text[]",
    (n) => [`'{}'`, `'{NULL,"a b"}'`][n] ?? `'{x,${n}}'`,
    (c) => `cardinality(${c}) < 9`,
  ),
  range: type(
    "int4range",
    (n) => (n === 0 ? "'empty'" : `'[${n},${n + 5})'`),
    (c) => `NOT ${c} @> 99`,
  ),
  enum: type(
    "%.mood",
    (n) => `'${["sad", "ok", "so so"][n % 3]}'`,
    (c) => `${c} <> 'sad'`,
  ),
  enums: type(
    "%.mood[]",
    (n) => ["'{}'", "'{sad,NULL,ok}'", `'{"so so",sad}'`, "'{ok}'"][n % 4] ?? "",
    (c) => `${c} <> '{"so so",sad}'`,
  ),
  domain: type(
    "%.positive",
    (n) => String(n + 1),
    (c) => `${c} < 10`,
  ),
  bytea: type(
    "bytea",
    (n) => `'\\x00${String(n).padStart(2, "0")}'`,
    (c) => `length(${c}) < 9`,
  ),
  inet: type(
    "inet",
    (n) => `'10.0.0.${n}/24'`,
    (c) => `${c} <> '10.0.0.9/24'`,
  ),
  point: type(
    "point",
    (n) => `'(${n},1)'`,
    (c) => `${c}[0] < 9`,
    { sorts: false },
  ),
};

/** The type of a column; `schema` holds the test's own types. */
export function sqlType(name: string, schema: string): string {
  return typeNamed(name).sql.replace("%", schema);
}

export function typeNamed(name: string): ColumnType {
  const found = COLUMN_TYPES[name];
  if (found === undefined) throw new Error(`there is no column type ${name}`);
  return found;
}
