import type { Catalog, Column, Constraint, Index, Table } from "../model/catalog.ts";
import { factKey } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import type { References } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { type Expression, parseExpression, scalarToSql } from "../sql/expression.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { chooseName, constraintsOf, relationsOf } from "./choose-name.ts";
import type { CreateTableFields } from "./create-table-fields.ts";
import { columnList } from "./index-definition.ts";
import { type ForeignKey, foreignKeyConstraint, resolveForeignKey } from "./resolve-foreign-key.ts";
import { uniqueConstraint, type Uniqueness } from "./unique-constraint.ts";

/** A table that a plan creates: its statement, and its entry in the catalog. */
export interface NewTable {
  readonly table: Table;
  readonly statement: string;
  /** The tables that its foreign keys reference, in the order in which they are locked. */
  readonly parents: readonly Table[];
}

type ColumnFields = CreateTableFields["columns"][string];

/** @throws SegueError SEG0101 for a name that is taken or a clause that does not fit, SEG0004 for an expression. */
export function newTable(written: CreateTableFields, catalog: Catalog): NewTable {
  const name = parseTableName(written.table, catalog.defaultSchema);
  const bare = emptyTable(written, catalog);
  const lines = bare.columns.map((column) =>
    columnLine(column, written.columns[column.name] as ColumnFields, bare, catalog),
  );
  let table = bare;
  const add = (constraint: Constraint, index?: Index): void => {
    table = {
      ...table,
      constraints: [...table.constraints, constraint],
      indexes: index === undefined ? table.indexes : [...table.indexes, index],
    };
    lines.push(`CONSTRAINT ${ident(constraint.name)} ${constraint.definition}`);
  };
  const free = (given: string | undefined, words: readonly string[], relation: boolean): string => {
    const seen: Catalog = { ...catalog, tables: { ...catalog.tables, [relationKey(name)]: table } };
    const spaces = [constraintsOf(seen, table), ...(relation ? [relationsOf(seen, name.schema)] : [])];
    return chooseName(given, [name.name, ...words].join("_"), ...spaces);
  };

  for (const unique of uniques(written)) {
    const words = unique.kind === "primary key" ? ["pkey"] : [...unique.columns, ...(unique.include ?? []), "key"];
    const { constraint, index } = uniqueConstraint(free(unique.name, words, true), unique, table, catalog.major);
    add(constraint, index);
  }
  for (const check of checks(written)) {
    const expression = read(check.check, table);
    const [only] = expression.columns;
    const words = expression.columns.length === 1 && only !== undefined ? [only, "check"] : ["check"];
    add(checkConstraint(free(check.name, words, false), expression));
  }
  const keys = foreignKeys(written).map((key) => ({
    ...key,
    key: resolveForeignKey(table, key.columns, key.references, catalog),
  }));
  // One order for everybody, so that two creations never hold what the other waits for.
  keys.sort((a, b) => (relationKey(a.key.target) < relationKey(b.key.target) ? -1 : 1));
  for (const { key, name: given } of keys) add(foreignKeyConstraint(free(given, [...key.columns, "fkey"], false), key));

  const partitioned = written.partition_by;
  const ending =
    partitioned === undefined
      ? ""
      : ` PARTITION BY ${partitioned.method.toUpperCase()} (${columnList(partitioned.columns, table)})`;
  return {
    table,
    statement: `CREATE TABLE ${qualified(table)} (\n  ${lines.join(",\n  ")}\n)${ending}`,
    parents: parentsOf(
      table,
      keys.map(({ key }) => key),
    ),
  };
}

function parentsOf(table: Table, keys: readonly ForeignKey[]): readonly Table[] {
  const targets = new Map(keys.map(({ target }) => [relationKey(target), target]));
  targets.delete(relationKey(table));
  return [...targets.values()];
}

function emptyTable(written: CreateTableFields, catalog: Catalog): Table {
  const { schema, name } = parseTableName(written.table, catalog.defaultSchema);
  const columns = Object.entries(written.columns).map(([column, given], position) =>
    newColumn(column, given, position + 1, written.primary_key?.includes(column) === true, catalog),
  );
  return {
    schema,
    name,
    oid: 0,
    kind: written.partition_by === undefined ? "table" : "partitioned",
    persistence: "permanent",
    accessMethod: written.partition_by === undefined ? "heap" : null,
    owner: "",
    columns,
    constraints: [],
    indexes: [],
    triggers: [],
    statistics: [],
    leaves: [],
    partitions: [],
    parent: null,
    inheritanceChildren: [],
    partitionKeyColumns: written.partition_by?.columns ?? [],
    replicaIdentity: { kind: "default", index: null },
    rowSecurity: false,
    comment: written.comment ?? null,
    subscribed: false,
    dependents: [],
    estimatedRows: 0,
    bytes: 0,
  };
}

function newColumn(name: string, given: ColumnFields, attnum: number, inKey: boolean, catalog: Catalog): Column {
  const fact = catalog.facts[factKey({ ask: "type", type: given.type })];
  const { generated, identity } = given;
  return {
    name,
    attnum,
    type: fact !== undefined && "type" in fact ? fact.type : given.type,
    notNull: given.nullable === false || inKey || identity !== undefined,
    notNullConstraint: null,
    notNullValid: true,
    default: given.default === undefined ? null : scalarToSql(given.default),
    identity: identity ?? null,
    generated:
      generated === undefined
        ? null
        : { kind: generated.kind ?? "stored", expression: scalarToSql(generated.expression) },
    sequence: null,
    collation: given.collation ?? null,
    storage: "plain",
    defaultStorage: "plain",
    compression: null,
    statisticsTarget: null,
    options: [],
    comment: given.comment ?? null,
    grants: [],
    inherited: false,
  };
}

function columnLine(column: Column, given: ColumnFields, table: Table, catalog: Catalog): string {
  const place = `${relationKey(table)}.${column.name}`;
  const values = [column.default, column.identity, column.generated].filter((value) => value !== null);
  if (values.length > 1) {
    throw new SegueError("SEG0101", {
      message: `${place} can have only one of default, identity and generated`,
      object: place,
    });
  }
  if (given.nullable === true && column.notNull) {
    throw new SegueError("SEG0101", {
      message: `${place} can't be nullable: a primary key or an identity is not`,
      object: place,
    });
  }
  const words = [ident(column.name), given.type];
  if (column.collation !== null) words.push(`COLLATE ${column.collation}`);
  if (column.identity !== null) words.push(`GENERATED ${column.identity.toUpperCase()} AS IDENTITY`);
  if (column.generated !== null) {
    if (column.generated.kind === "virtual" && catalog.major < 18) {
      throw new SegueError("SEG0101", {
        message: `${place}: a virtual generated column needs PostgreSQL 18 or newer`,
        object: place,
      });
    }
    words.push(
      `GENERATED ALWAYS AS (${read(column.generated.expression, table).render("")}) ${column.generated.kind.toUpperCase()}`,
    );
  }
  if (column.default !== null) words.push(`DEFAULT ${defaultValue(column.default, table)}`);
  if (given.nullable === false) words.push("NOT NULL");
  return words.join(" ");
}

/** The grammar takes no AND, IN or IS after DEFAULT without parentheses. */
function defaultValue(text: string, table: Table): string {
  const value = parseExpression(text, { table, columns: [] }).render("");
  return /^[\w.'():]+$/.test(value) ? value : `(${value})`;
}

function read(expression: string | number | boolean, table: Table): Expression {
  return parseExpression(scalarToSql(expression), { table, columns: table.columns.map((column) => column.name) });
}

function uniques(written: CreateTableFields): readonly (Uniqueness & { name?: string | undefined })[] {
  const columns = Object.entries(written.columns).filter(([, given]) => given.unique === true);
  return [
    ...(written.primary_key === undefined ? [] : [{ kind: "primary key" as const, columns: written.primary_key }]),
    ...columns.map(([name]) => ({ kind: "unique" as const, columns: [name] })),
    ...(written.unique ?? []).map((unique) => ({ kind: "unique" as const, ...unique })),
  ];
}

function checks(
  written: CreateTableFields,
): readonly { name?: string | undefined; check: string | number | boolean }[] {
  const ofColumns = Object.values(written.columns).flatMap(({ check }) => (check === undefined ? [] : [{ check }]));
  return [...ofColumns, ...(written.checks ?? [])];
}

function foreignKeys(
  written: CreateTableFields,
): readonly { name?: string | undefined; columns: readonly string[]; references: References }[] {
  const ofColumns = Object.entries(written.columns).flatMap(([column, given]) =>
    given.references === undefined ? [] : [{ columns: [column], references: given.references }],
  );
  return [...ofColumns, ...(written.foreign_keys ?? [])];
}

function checkConstraint(name: string, expression: Expression): Constraint {
  const text = expression.render("");
  return {
    name,
    kind: "check",
    definition: `CHECK (${text})`,
    expression: text,
    columns: expression.columns,
    references: null,
    deferrable: false,
    initiallyDeferred: false,
    valid: true,
    index: null,
    comment: null,
    inherited: false,
    noInherit: false,
  };
}
