import type { Catalog, Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import type { VersionedTable } from "../model/versioned.ts";
import { parseTableName } from "../sql/identifier.ts";
import { nameOf } from "./catalog-lookup.ts";
import { replacingColumns } from "./contract-entries.ts";
import type { LowerContext } from "./step-kind.ts";
import { aliasName } from "./table-alias.ts";

/** A table as a version of the application sees it. */
export interface ShownTable {
  readonly table: RelationName;
  readonly as: string;
  readonly rowSecurity: boolean;
  readonly reachable: boolean;
  readonly partialReaders: readonly string[];
  readonly columns: readonly { readonly column: string; readonly as: string }[];
}

/**
 * The tables of a schema as the plan's contract will leave them, by their new names: without the columns and tables that it
 * hides, with those that it adds.
 *
 * @param before The catalog that the plan was compiled against; `context` has the one that its entries leave.
 */
export function shownTables(schema: string, before: Catalog, context: LowerContext): readonly ShownTable[] {
  const { tables: after } = context.catalog;
  const standing = (before.versioned?.tables ?? []).filter((table) => table.schema === schema);
  const known = new Set(standing.map(relationKey));
  // What the plan works on is known as its entries leave it, or is gone.
  const kept = standing.flatMap((table): VersionedTable[] => {
    const key = relationKey(table);
    if (before.tables[key] === undefined) return [table];
    const left = after[key];
    return left === undefined ? [] : [{ ...table, columns: left.columns.map(({ name }) => name) }];
  });
  const created = Object.values(after).filter(
    (table) => table.schema === schema && !known.has(relationKey(table)) && isMade(table, before),
  );
  return [...kept, ...created.map(made)]
    .flatMap((table) => namesOf(table, context).map((as) => shown(table, as, context)))
    .filter(({ columns }) => columns.length > 0)
    .toSorted((a, b) => (a.as < b.as ? -1 : 1));
}

function isMade(table: Table, before: Catalog): boolean {
  return (table.kind === "table" || table.kind === "partitioned") && before.tables[relationKey(table)] === undefined;
}

function made({ schema, name, columns, rowSecurity }: Table): VersionedTable {
  return { schema, name, rowSecurity, reachable: true, partialReaders: [], columns: columns.map((c) => c.name) };
}

/** What the new version calls the table: a second name is the only one if the contract makes it that. */
function namesOf(table: RelationName, { catalog, entries }: LowerContext): readonly string[] {
  const others = (kind: string, from: string, to: string): readonly string[] =>
    entries.flatMap(({ spec }) => {
      if (spec.kind !== kind) return [];
      const [written, name] = [String(spec.fields[from]), String(spec.fields[to])];
      const found = parseTableName(written, catalog.defaultSchema);
      return relationKey(found) === relationKey(table) ? [aliasName(written, name, catalog.defaultSchema).name] : [];
    });
  const renamed = others("rename_table", "from", "to");
  return renamed.length > 0 ? renamed : [table.name, ...others("alias_table", "table", "as")];
}

/** A column that takes over the name of another stands in the place of that one. */
function shown(table: VersionedTable, as: string, context: LowerContext): ShownTable {
  const replaced = replacingColumns(context, table);
  const shadows = new Set([...replaced.values()].flatMap((one) => (one?.keepsName === true ? [one.by] : [])));
  return {
    table: nameOf(table),
    as,
    rowSecurity: table.rowSecurity,
    reachable: table.reachable,
    partialReaders: table.partialReaders,
    columns: table.columns.flatMap((column) => {
      if (shadows.has(column)) return [];
      const one = replaced.get(column);
      if (one === undefined) return [{ column, as: column }];
      return one?.keepsName === true ? [{ column: one.by, as: column }] : [];
    }),
  };
}
