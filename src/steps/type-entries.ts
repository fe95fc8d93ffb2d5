import type { Catalog } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { deriveName, parseTableName, qualified } from "../sql/identifier.ts";
import { requireColumn, requireTable } from "./catalog-lookup.ts";
import type { LowerContext } from "./step-kind.ts";

/** A column of the enum, and its duplicate of the one that takes its place. */
interface TypeColumnFields {
  readonly table: string;
  readonly column: string;
  readonly by: string;
  readonly keep_name?: boolean | undefined;
}

export interface ReplaceTypeFields {
  readonly type: string;
  readonly by: string;
  readonly labels: Readonly<Record<string, string | null>>;
  readonly columns?: readonly TypeColumnFields[] | undefined;
}

/** A column that gives way to its duplicate. */
export interface TypeColumn {
  readonly table: ReturnType<typeof requireTable>;
  readonly column: string;
  readonly by: string;
  /** True if the duplicate takes over the name. */
  readonly keepsName: boolean;
}

/** The columns that an entry replaces. @throws SegueError SEG0101 for a table or column that is not there. */
export function typeColumnsOf(fields: ReplaceTypeFields, catalog: Catalog): readonly TypeColumn[] {
  return (fields.columns ?? []).map(({ table, column, by, keep_name: keepsName = false }) => {
    const found = requireTable(catalog, table);
    requireColumn(found, column);
    return { table: found, column, by, keepsName };
  });
}

/** The `replace_type` entries of the plan. */
export function typeReplacements({ entries }: LowerContext): readonly ReplaceTypeFields[] {
  return entries
    .filter(({ spec }) => spec.kind === "replace_type")
    .map(({ spec }) => spec.fields as unknown as ReplaceTypeFields);
}

/** The replacements of an entry on one table, from its fields alone. */
export function columnsOn(
  { columns = [] }: ReplaceTypeFields,
  table: RelationName,
  schema: string,
): readonly { readonly column: string; readonly by: string; readonly keepsName: boolean }[] {
  return columns
    .filter((one) => relationKey(parseTableName(one.table, schema)) === relationKey(table))
    .map(({ by, column, keep_name: keepsName = false }) => ({ column, by, keepsName }));
}

/** What the enum is called between the cut-over and the drop. */
export function hiddenType(type: RelationName, plan: string): RelationName {
  return { schema: type.schema, name: deriveName("segue_old_", type.name, `${plan}:${relationKey(type)}`) };
}

/** What the cut-over makes of types' names, as the catalog writes them: the enum's to its hidden one, the other's to the enum's. */
export function renamedTypes(context: LowerContext): ReadonlyMap<string, string> {
  const { catalog, plan } = context;
  return new Map(
    typeReplacements(context).flatMap((fields) => {
      const type = parseTableName(fields.type, catalog.defaultSchema);
      const by = parseTableName(fields.by, catalog.defaultSchema);
      return ["", "[]"].flatMap((array): [string, string][] => [
        [qualified(type) + array, qualified(hiddenType(type, plan)) + array],
        [qualified(by) + array, qualified(type) + array],
      ]);
    }),
  );
}
