import type { Catalog, Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { requireColumn, requireTable } from "./catalog-lookup.ts";
import { hiddenColumns } from "./contract-entries.ts";
import type { LowerContext } from "./step-kind.ts";

/** A `sync_references` entry as it is written. */
export interface ReferencesFields {
  readonly table: string;
  readonly key: { readonly table: string; readonly column: string; readonly by: string };
  readonly columns: readonly { readonly column: string; readonly by: string; readonly direct?: boolean | undefined }[];
}

/** A column that holds values of a key, and its duplicate that holds the new ones of the same rows. */
export interface Reference {
  readonly column: string;
  readonly by: string;
  /** True if a foreign key of it points at the key itself. */
  readonly direct: boolean;
}

/** The columns of one table that hold values of a key. */
export interface KeyReferences {
  readonly table: Table;
  readonly key: { readonly table: Table; readonly column: string; readonly by: string };
  readonly columns: readonly Reference[];
}

/** @throws SegueError SEG0101 for a table or a column that is not there. */
export function referencesOf(fields: ReferencesFields, catalog: Catalog): KeyReferences {
  const table = requireTable(catalog, fields.table);
  const key = { ...fields.key, table: requireTable(catalog, fields.key.table) };
  for (const one of [key.column, key.by]) requireColumn(key.table, one);
  const columns = fields.columns.map(({ by, column, direct = false }) => {
    for (const one of [column, by]) requireColumn(table, one);
    return { column, by, direct };
  });
  return { table, key, columns };
}

/** The `sync_references` entries of the plan on a table; on any if none is named. */
export function referencesOn({ catalog, entries }: LowerContext, table?: RelationName): readonly ReferencesFields[] {
  return entries
    .filter(({ spec }) => spec.kind === "sync_references")
    .map(({ spec }) => spec.fields as unknown as ReferencesFields)
    .filter(
      (fields) =>
        table === undefined || relationKey(parseTableName(fields.table, catalog.defaultSchema)) === relationKey(table),
    );
}

/** What the columns of a reference and of its key are called at a time. */
export interface CalledReference {
  readonly old: string;
  readonly fresh: string;
  readonly keyOld: string;
  readonly keyFresh: string;
  readonly direct: boolean;
}

/** The names of a rollout before its cut-over. */
export function calledBefore({ columns, key }: KeyReferences): readonly CalledReference[] {
  return columns.map(({ by, column, direct }) => ({
    old: column,
    fresh: by,
    keyOld: key.column,
    keyFresh: key.by,
    direct,
  }));
}

/** The names after it. */
export function calledAfter(references: KeyReferences, context: LowerContext): readonly CalledReference[] {
  const own = hiddenColumns(context, references.table);
  const keys = hiddenColumns(context, references.key.table);
  return calledBefore(references).map(({ direct, fresh, keyFresh, keyOld, old }) => ({
    old: own.get(old) ?? old,
    fresh: own.get(fresh) ?? fresh,
    keyOld: keys.get(keyOld) ?? keyOld,
    keyFresh: keys.get(keyFresh) ?? keyFresh,
    direct,
  }));
}

/** The alias of the key's table in a lookup. */
const KEY = "segue_key";

/** A sub-select over the key's row that another row references: `wanted` of it where `known` has the value. */
export function lookup(key: RelationName, wanted: string, known: string, value: string): string {
  return `(SELECT ${KEY}.${ident(wanted)} FROM ${qualified(key)} AS ${KEY} WHERE ${KEY}.${ident(known)} = ${value})`;
}

/** True, as SQL, if there is such a row, and it has what is wanted: a value that could not be made is not there. */
export function isThere(key: RelationName, wanted: string, known: string, value: string): string {
  return `${lookup(key, wanted, known, value)} IS NOT NULL`;
}

/** The condition, as SQL, under which one side of a reference has a value and the other has none. */
export function isHalf({ fresh, old }: Pick<CalledReference, "fresh" | "old">, row: string): string {
  return `(${row}.${ident(old)} IS NULL) <> (${row}.${ident(fresh)} IS NULL)`;
}
