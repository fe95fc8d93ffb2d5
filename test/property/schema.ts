import fc from "fast-check";
import pg from "pg";
import { COLUMN_TYPES, sqlType, typeNamed } from "./column-types.ts";
import type { DrawnColumn, DrawnReference, DrawnSchema, DrawnTraffic, DrawnWrite, TableKind } from "./model.ts";

export const ident = pg.escapeIdentifier;

/** Names that must be quoted, cut or told apart; each schema takes some of them. */
const NAMES = [
  "a",
  "Capital",
  "with space",
  "select",
  "übel",
  'quo"te',
  "dot.ted",
  "it's",
  "left",
  "n".repeat(63),
  "日本語の列名",
  "tableoid_",
  "value",
];

const TABLES = ["items", "Order", "user", "t with space", "t".repeat(63), "größe"];

const MOST_COLUMNS = 4;
/** How many different numbers stand for values, rows and columns. */
const NUMBERS = 12;
const number = fc.nat({ max: NUMBERS - 1 });
const seldom = fc.nat({ max: 3 }).map((n) => n === 3);

function drawnColumn(types: readonly string[]): fc.Arbitrary<Omit<DrawnColumn, "name">> {
  return fc.record({
    type: fc.constantFrom(...types),
    notNull: fc.boolean(),
    default: fc.option(number, { freq: 1 }),
    check: seldom,
    unique: seldom,
    index: fc.option(fc.constantFrom("plain", "descending", "partial", "expression", "including"), { freq: 1 }),
    comment: seldom,
    grant: seldom,
    tuned: seldom,
  });
}

const reference: fc.Arbitrary<DrawnReference> = fc.record({
  onDelete: fc.constantFrom("NO ACTION", "RESTRICT", "CASCADE", "SET NULL"),
  onUpdate: fc.constantFrom("NO ACTION", "CASCADE"),
  deferrable: fc.boolean(),
});

/** What a column must be like for an operation: of one of these types, with these properties. */
export interface WantedColumn {
  readonly types: readonly string[];
  readonly target?: Partial<DrawnColumn>;
}

/** A table of this kind whose first columns are as they are wanted. */
export function drawnSchema(kind: TableKind, wanted: readonly WantedColumn[]): fc.Arbitrary<DrawnSchema> {
  const others = { minLength: Math.max(0, 2 - wanted.length), maxLength: MOST_COLUMNS - wanted.length };
  return fc
    .record({
      table: fc.constantFrom(...TABLES),
      names: fc.shuffledSubarray(NAMES, { minLength: MOST_COLUMNS, maxLength: MOST_COLUMNS }),
      targets: fc.tuple(
        ...wanted.map(({ target = {}, types }) => drawnColumn(types).map((column) => ({ ...column, ...target }))),
      ),
      others: fc.array(drawnColumn(Object.keys(COLUMN_TYPES)), others),
      reference: fc.option(reference, { freq: 1 }),
      composite: seldom,
      statistics: seldom,
      rows: fc.array(fc.array(number, { minLength: 4, maxLength: 4 }), { maxLength: 12 }),
    })
    .map(({ names, targets, others, ...rest }) => ({
      ...rest,
      kind,
      columns: [...targets, ...others].map((column, n) => ({ ...column, name: names[n] ?? `c${n}` })),
    }));
}

const write: fc.Arbitrary<DrawnWrite> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ write: fc.constant("insert"), values: fc.array(number, { minLength: 5, maxLength: 5 }) }),
  },
  { weight: 4, arbitrary: fc.record({ write: fc.constant("update"), row: number, column: number, value: number }) },
  { weight: 1, arbitrary: fc.record({ write: fc.constant("delete"), row: number }) },
  { weight: 1, arbitrary: fc.record({ write: fc.constantFrom("delete parent", "move parent"), row: number }) },
) as fc.Arbitrary<DrawnWrite>;

export const drawnTraffic: fc.Arbitrary<DrawnTraffic> = fc.record({
  old: fc.array(write, { maxLength: 5 }),
  new: fc.array(write, { maxLength: 5 }),
});

/** The numbers of the parents that a foreign key finds at first. */
export const PARENTS = 5;

/** The value of a column with that number, NULL among them where it may be. */
export function valueOf(column: DrawnColumn, n: number): string {
  if (!column.notNull && n === NUMBERS - 1) return "NULL";
  return typeNamed(column.type).literal(n);
}

/** True if the first column references `parents`. */
export function references({ columns: [target], reference: drawn }: DrawnSchema): boolean {
  return drawn !== null && target !== undefined && ["integer", "bigint"].includes(target.type);
}

/** Names of the constraints that a column may have, the one at that place. */
export function constraintsOf(place: number): readonly string[] {
  return [`check_${place}`, `unique_${place}`, ...(place === 0 ? ["to_parent"] : [])];
}

/** The script that makes the table and its rows in a schema. */
export function renderSchema(drawn: DrawnSchema, schema: string, extraColumns: readonly string[] = []): string {
  const table = `${schema}.${ident(drawn.table)}`;
  const isPartitioned = drawn.kind === "partitioned";
  const key = drawn.kind === "no primary key" ? [] : [`PRIMARY KEY (id${isPartitioned ? ", region" : ""})`];
  const columns = [
    "id integer NOT NULL",
    ...(isPartitioned ? ["region integer NOT NULL DEFAULT 0"] : []),
    ...drawn.columns.map((column) => columnDefinition(column, schema)),
    ...extraColumns,
    ...key,
  ];
  return [
    `CREATE TYPE ${schema}.mood AS ENUM ('sad', 'ok', 'so so');`,
    `CREATE DOMAIN ${schema}.positive AS integer CHECK (VALUE > 0);`,
    `CREATE TABLE ${schema}.parents (id bigint PRIMARY KEY);`,
    `INSERT INTO ${schema}.parents SELECT generate_series(0, ${PARENTS - 1});`,
    `CREATE ${drawn.kind === "unlogged" ? "UNLOGGED " : ""}TABLE ${table} (${columns.join(", ")})${isPartitioned ? " PARTITION BY LIST (region)" : ""};`,
    ...(isPartitioned
      ? [
          `CREATE TABLE ${schema}.leaf_0 PARTITION OF ${table} FOR VALUES IN (0);`,
          `CREATE TABLE ${schema}.leaf_1 PARTITION OF ${table} DEFAULT;`,
        ]
      : []),
    ...(drawn.kind === "inherited" ? [`CREATE TABLE ${schema}.child () INHERITS (${table});`] : []),
    ...drawn.columns.flatMap((column, n) => surroundings(drawn, column, n, table, schema)),
    ...(drawn.composite ? [compositeIndex(drawn, table)] : []),
    ...(drawn.statistics ? [statistics(drawn, table, schema)] : []),
    ...drawn.rows.map((values, n) => seedRow(drawn, values, n, table)),
  ].join("\n");
}

function columnDefinition(column: DrawnColumn, schema: string): string {
  const given = column.default === null ? "" : ` DEFAULT ${typeNamed(column.type).literal(column.default)}`;
  return `${ident(column.name)} ${sqlType(column.type, schema)}${column.notNull ? " NOT NULL" : ""}${given}`;
}

/** Constraints and indexes have short names: those that PostgreSQL makes of long ones are another test's matter. */
function surroundings(drawn: DrawnSchema, column: DrawnColumn, n: number, table: string, schema: string): string[] {
  const type = typeNamed(column.type);
  const { sorts } = type;
  const name = ident(column.name);
  const alter = `ALTER TABLE ${table}`;
  return [
    ...(n === 0 && references(drawn) ? [foreignKey(drawn, name, table, schema)] : []),
    ...(column.check ? [`${alter} ADD CONSTRAINT check_${n} CHECK (${type.check(name)});`] : []),
    ...(column.unique && sorts
      ? [`${alter} ADD CONSTRAINT unique_${n} UNIQUE (${name}${drawn.kind === "partitioned" ? ", region" : ""});`]
      : []),
    ...(column.index !== null && sorts ? [index(column.index, name, n, table)] : []),
    ...(column.comment ? [`COMMENT ON COLUMN ${table}.${name} IS 'it''s ${n}';`] : []),
    ...(column.grant ? [`GRANT SELECT (${name}), UPDATE (${name}) ON ${table} TO segue_test_reader;`] : []),
    ...(column.tuned ? [`${alter} ALTER COLUMN ${name} SET STATISTICS 42;`] : []),
  ];
}

function foreignKey({ reference: drawn }: DrawnSchema, name: string, table: string, schema: string): string {
  if (drawn === null) return "";
  const deferrable = drawn.deferrable ? " DEFERRABLE" : "";
  return `ALTER TABLE ${table} ADD CONSTRAINT to_parent FOREIGN KEY (${name}) REFERENCES ${schema}.parents ON DELETE ${drawn.onDelete} ON UPDATE ${drawn.onUpdate}${deferrable};`;
}

function index(kind: NonNullable<DrawnColumn["index"]>, name: string, n: number, table: string): string {
  const create = `CREATE INDEX index_${n} ON ${table}`;
  switch (kind) {
    case "plain":
      return `${create} (${name});`;
    case "descending":
      return `${create} (${name} DESC NULLS LAST);`;
    case "partial":
      return `${create} (id) WHERE ${name} IS NOT NULL;`;
    case "expression":
      return `${create} ((${name} IS NULL));`;
    case "including":
      return `${create} (id) INCLUDE (${name});`;
    default:
      return kind satisfies never;
  }
}

function compositeIndex({ columns }: DrawnSchema, table: string): string {
  const sorting = columns.slice(0, 2).filter((column) => typeNamed(column.type).sorts);
  return `CREATE INDEX composite ON ${table} (${["id", ...sorting.map(({ name }) => ident(name))].join(", ")});`;
}

function statistics({ columns }: DrawnSchema, table: string, schema: string): string {
  const [target] = columns;
  if (target === undefined || !typeNamed(target.type).sorts) return "";
  return `CREATE STATISTICS ${schema}.extended (ndistinct) ON id, ${ident(target.name)} FROM ${table};`;
}

/** A row that a constraint does not allow is left out, in either schema. */
function seedRow(drawn: DrawnSchema, values: readonly number[], n: number, table: string): string {
  const names = drawn.columns.map(({ name }) => ident(name));
  const literals = drawn.columns.map((column, index) => valueOf(column, values[index] ?? 0));
  const region = drawn.kind === "partitioned" ? [["region"], [String(n % 3)]] : [[], []];
  return `DO $do$ BEGIN INSERT INTO ${table} (${["id", ...(region[0] ?? []), ...names].join(", ")})
    VALUES (${[n + 1, ...(region[1] ?? []), ...literals].join(", ")}); EXCEPTION WHEN integrity_constraint_violation THEN NULL; END $do$;`;
}
