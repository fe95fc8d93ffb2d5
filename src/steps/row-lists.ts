import type { Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { TARGET } from "../model/step.ts";
import { deriveName, ident, qualified } from "../sql/identifier.ts";
import { nameOf } from "./catalog-lookup.ts";
import { HIDDEN_SCHEMA, lockHiddenSchema, makeHiddenSchema, removeHiddenSchema } from "./hidden-schema.ts";
import type { Draft } from "./step-kind.ts";
import { familyLocks, scanningTransaction, shortTransaction, undoTransaction } from "./transaction-draft.ts";

/** A table of Segue's own, with columns as expressions over a row of the table that it is about. */
export interface RowList {
  readonly name: RelationName;
  readonly columns: readonly { readonly name: string; readonly value: string }[];
}

/** The list of keys of the rows that are to be changed. `seed` tells the lists of one plan apart. */
export function keyList(table: Table, key: readonly string[], seed: string): RowList {
  return { name: listName("rows_", table, seed), columns: key.map((column) => ofTarget(column)) };
}

/** The name of a list; two plans, and two entries of one, never share one. */
export function listName(prefix: string, table: Table, seed: string): RelationName {
  return { schema: HIDDEN_SCHEMA, name: deriveName(prefix, table.name, `${seed}:${relationKey(table)}`) };
}

/** A column of a list that is called like the one of the table. */
export function ofTarget(column: string): RowList["columns"][number] {
  return { name: column, value: `${TARGET}.${ident(column)}` };
}

/** Makes the lists, empty. What undoes it finds them gone or not. */
export function makeLists(table: Table, lists: readonly RowList[]): Draft {
  return shortTransaction(
    {
      title: `make room for the rows of ${relationKey(table)}`,
      table,
      statements: [lockHiddenSchema, makeHiddenSchema, ...lists.map((list) => create(table, list))],
      locks: [{ relation: nameOf(table), mode: "ACCESS SHARE" }],
    },
    [
      undoTransaction(
        dropping(
          table,
          lists.map(({ name }) => name),
        ),
      ),
    ],
  );
}

/** Puts the key of each row that matches by now into a list: all as of one moment. Reads every row, and stops nobody. */
export function listRows(table: Table, list: RowList, where: string): Draft {
  const columns = list.columns.map(({ name }) => ident(name)).join(", ");
  const values = list.columns.map(({ value }) => value).join(", ");
  return scanningTransaction({
    title: `list the rows of ${relationKey(table)}`,
    table,
    statements: [
      `INSERT INTO ${qualified(list.name)} (${columns}) SELECT ${values} FROM ${qualified(table)} AS ${TARGET} WHERE ${where}`,
      `ANALYZE ${qualified(list.name)}`,
    ],
    locks: familyLocks(table, "ACCESS SHARE"),
  });
}

/** Drops lists that have served. */
export function dropLists(table: Table, lists: readonly RelationName[]): Draft {
  return shortTransaction(dropping(table, lists), []);
}

function create(table: Table, { columns, name }: RowList): string {
  const list = columns.map((column) => `${column.value} AS ${ident(column.name)}`).join(", ");
  return `CREATE TABLE ${qualified(name)} USING heap AS SELECT ${list} FROM ${qualified(table)} AS ${TARGET} WITH NO DATA`;
}

function dropping(table: Table, lists: readonly RelationName[]) {
  return {
    title: `drop the list of rows of ${relationKey(table)}`,
    table,
    statements: [
      lockHiddenSchema,
      ...lists.map((list) => `DROP TABLE IF EXISTS ${qualified(list)}`),
      removeHiddenSchema,
    ],
    // Nobody else has a lock on them.
    locks: [],
  };
}
