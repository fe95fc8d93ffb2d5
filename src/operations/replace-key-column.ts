import type { Catalog, Table } from "../model/catalog.ts";
import type { Spec } from "../model/plan.ts";
import { relationKey } from "../model/relation.ts";
import { requireColumn } from "../steps/catalog-lookup.ts";
import type { KeyColumn } from "../steps/key-entries.ts";
import { familyWithoutKey } from "../steps/key-family.ts";
import { uncarriableOfKey } from "../steps/key-check.ts";
import { viewsOf } from "../steps/following-views.ts";
import { uncarriableError } from "../steps/uncarriable-error.ts";
import type { Phases } from "./operation.ts";
import { written } from "./written-table.ts";

/** A column that gets a duplicate, and what keeps the two in step. */
export interface Duplicated extends KeyColumn {
  readonly type: string;
  readonly collation: string | null;
  /** SQL over the old row, and over the new one. */
  readonly forward: string | number | boolean;
  readonly reverse: string;
}

/** What a column of a key is replaced by. */
type Replaced = KeyColumn & Pick<Duplicated, "type" | "collation">;

/** A column that stays, and whose foreign key is made anew. */
interface Staying {
  readonly table: Table;
  readonly column: string;
}

/**
 * The entries that replace a column of a key and the columns that reference it by duplicates: one rollout over all of
 * their tables, with one cut-over.
 *
 * @throws SegueError SEG0102 with everything that hangs on one of the columns and that a duplicate can't take over.
 */
export function replaceKeyColumn(
  catalog: Catalog,
  duplicated: readonly [Duplicated, ...Duplicated[]],
  staying: readonly Staying[],
  keepsName: boolean,
): Phases {
  refuseDuplicates(catalog, duplicated);
  const [key, ...others] = duplicated;
  return {
    expand: duplicated.flatMap((one) => expandOf(catalog, one)),
    backfill: [
      ...duplicated.map(({ table }) => ({ kind: "fill", fields: { table: written(catalog, table) } })),
      ...duplicated.map(({ by, column, table }) => ({
        kind: "carry",
        fields: { table: written(catalog, table), from: column, to: by },
      })),
    ],
    contract: [
      {
        kind: "replace_key",
        fields: {
          table: written(catalog, key.table),
          column: key.column,
          by: key.by,
          ...(keepsName ? { keep_name: true } : {}),
          ...(others.length + staying.length === 0
            ? {}
            : {
                referencing: [
                  ...others.map(({ by, column, table }) => ({ table: written(catalog, table), column, by })),
                  ...staying.map(({ column, table }) => ({ table: written(catalog, table), column })),
                ],
              }),
        },
      },
    ],
  };
}

function expandOf(catalog: Catalog, one: Duplicated): readonly Spec[] {
  const table = written(catalog, one.table);
  const { by, collation, column, forward, reverse, type } = one;
  return [
    {
      kind: "add_column",
      fields: { table, column: by, type, like: column, ...(collation === null ? {} : { collation }) },
    },
    { kind: "sync", fields: { table, forward: { [by]: forward }, reverse: { [column]: reverse } } },
  ];
}

/** @throws SegueError SEG0102 with everything that hangs on one of the columns and that a duplicate can't take over. */
export function refuseDuplicates(catalog: Catalog, duplicated: readonly Replaced[]): void {
  for (const { column, table } of duplicated) refuse(catalog, table, column, duplicated);
}

function refuse(catalog: Catalog, table: Table, column: string, columns: readonly Replaced[]): void {
  const [seen = table] = familyWithoutKey(catalog, table, column, columns);
  const found = [
    ...uncarriableOfKey(catalog, table, column, columns, [], viewsAt(table, column, columns)),
    ...unequalTargets(seen, column, columns),
  ];
  if (found.length > 0) throw uncarriableError(seen, column, found);
}

/** They follow to a duplicate of the same type. */
function viewsAt(table: Table, column: string, columns: readonly Replaced[]): "follow" | "stay" {
  const duplicate = columns.find((one) => one.column === column && relationKey(one.table) === relationKey(table));
  return duplicate === undefined ? "stay" : viewsOf(requireColumn(table, column), duplicate);
}

const INTEGERS: ReadonlySet<string> = new Set(["smallint", "integer", "bigint"]);

/** A foreign key of the column itself to a column that keeps its type: it must go on comparing with it. */
function unequalTargets(table: Table, column: string, columns: readonly Replaced[]): string[] {
  const replaced = columns.find((one) => relationKey(one.table) === relationKey(table) && one.column === column);
  const type = replaced?.type;
  const own = requireColumn(table, column);
  if (type === undefined || type === own.type || (INTEGERS.has(type) && INTEGERS.has(own.type))) return [];
  return table.constraints
    .filter(({ columns: read, kind }) => kind === "foreign key" && read.includes(column))
    .map(({ name, references }) => {
      const target = references === null ? "another table" : relationKey(references.table);
      return `foreign key ${name} references ${target}, whose column stays ${own.type}: change the key there`;
    });
}
