import type { Catalog, Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { requireColumn, requireTable } from "./catalog-lookup.ts";
import type { LowerContext } from "./step-kind.ts";
import { typeColumnsOf, typeReplacements } from "./type-entries.ts";

/** A column whose foreign key points at a key that is replaced; with a duplicate of its own, if it changes too. */
interface ReferencingFields {
  readonly table: string;
  readonly column: string;
  readonly by?: string | undefined;
}

export interface ReplaceKeyFields {
  readonly table: string;
  readonly column: string;
  readonly by: string;
  readonly keep_name?: boolean | undefined;
  readonly referencing?: readonly ReferencingFields[] | undefined;
}

/** A column that gives way to its duplicate. */
export interface KeyColumn {
  readonly table: Table;
  readonly column: string;
  readonly by: string;
}

/** The columns that an entry replaces, the key's own first. @throws SegueError SEG0101 for a table or column that is not there. */
export function keyColumnsOf(fields: ReplaceKeyFields, catalog: Catalog): readonly KeyColumn[] {
  return [fields, ...(fields.referencing ?? [])].flatMap(({ table, column, by }) => {
    const found = requireTable(catalog, table);
    requireColumn(found, column);
    return by === undefined ? [] : [{ table: found, column, by }];
  });
}

/** The columns that the plan replaces together, in one transaction over all of their tables: `replace_key`, `replace_type`. */
export function keyColumnsOfPlan(context: LowerContext): readonly KeyColumn[] {
  const { catalog, entries } = context;
  return [
    ...entries
      .filter(({ spec }) => spec.kind === "replace_key")
      .flatMap(({ spec }) => keyColumnsOf(spec.fields as unknown as ReplaceKeyFields, catalog)),
    ...typeReplacements(context).flatMap((fields) => typeColumnsOf(fields, catalog)),
  ];
}

/** The replacements of an entry on one table, from its fields alone: old column, duplicate. */
export function keyReplacements(
  fields: ReplaceKeyFields,
  table: RelationName,
  schema: string,
): readonly { readonly column: string; readonly by: string }[] {
  return [fields, ...(fields.referencing ?? [])].flatMap(({ table: written, column, by }) =>
    by !== undefined && relationKey(parseTableName(written, schema)) === relationKey(table) ? [{ column, by }] : [],
  );
}
