import type { Catalog } from "../model/catalog.ts";
import type { EnumColumn } from "../model/enum-use.ts";
import { SegueError } from "../model/errors.ts";
import type { Spec } from "../model/plan.ts";
import { relationKey } from "../model/relation.ts";
import { deriveName, parseTableName, qualified, writtenName } from "../sql/identifier.ts";
import { requireNoColumn, requireTable } from "../steps/catalog-lookup.ts";
import { enumUse } from "../steps/enum-values.ts";
import { requireReplaceable } from "../steps/require-replaceable.ts";
import { columnReference } from "./column-reference.ts";
import type { Phases } from "./operation.ts";
import { written } from "./written-table.ts";

/** A column that gets a new name together with the new type, so that both application versions find theirs. */
export interface NewName {
  readonly table: string;
  readonly column: string;
  readonly to: string;
}

/** How an enum becomes another one. */
export interface EnumReplacement {
  /** As the plan writes it. */
  readonly type: string;
  /** The values of the new one, in their order. */
  readonly values: readonly string[];
  /** What a value becomes, where it changes. */
  readonly labels: Readonly<Record<string, string | null>>;
  /** SQL over a value, and over an array of values, as text. */
  readonly forward: ValueMap;
  readonly reverse: ValueMap;
  readonly names?: readonly NewName[] | undefined;
}

export interface ValueMap {
  value(text: string): string;
  array(texts: string): string;
}

/**
 * The entries that replace an enum, with every column that holds it, by one with other values: one rollout over all of their
 * tables, with one cut-over.
 *
 * @throws SegueError SEG0102 with everything that is in the way.
 */
export function replaceEnum(catalog: Catalog, replacement: EnumReplacement): Phases {
  const type = parseTableName(replacement.type, catalog.defaultSchema);
  const use = enumUse(catalog, type);
  const by = { schema: type.schema, name: deriveName("segue_new_", type.name, relationKey(type)) };
  const named = newNames(catalog, replacement);
  const columns = use.columns.map((own) => {
    const to = named.get(placeOf(own));
    return {
      ...own,
      written: written(catalog, own.table),
      by: to ?? deriveName("segue_new_", own.column, relationKey(own.table)),
      keepsName: to === undefined,
    };
  });
  const unknown = [...named.keys()].find((place) => !use.columns.some((own) => placeOf(own) === place));
  if (unknown !== undefined) {
    throw new SegueError("SEG0101", {
      message: `\`columns\`: ${unknown} is no column of enum ${relationKey(type)}; ${use.columns.map(placeOf).join(", ") || "no column"} is`,
      object: unknown,
    });
  }
  for (const one of columns) requireNoColumn(requireTable(catalog, one.written), one.by);
  const cutover = {
    type: replacement.type,
    by: writtenName([by.schema, by.name]),
    labels: replacement.labels,
    columns: columns.map((one) => ({
      table: one.written,
      column: one.column,
      by: one.by,
      ...(one.keepsName ? { keep_name: true } : {}),
    })),
  };
  requireReplaceable(cutover, catalog);
  return {
    expand: [
      { kind: "create_enum", fields: { name: cutover.by, values: replacement.values, like: replacement.type } },
      ...columns.flatMap((one): readonly Spec[] => {
        const typed = `${qualified(by)}${one.array ? "[]" : ""}`;
        const { forward, reverse } = derivations(one, replacement);
        return [
          { kind: "add_column", fields: { table: one.written, column: one.by, type: typed, like: one.column } },
          {
            kind: "sync",
            fields: { table: one.written, forward: { [one.by]: forward }, reverse: { [one.column]: reverse } },
          },
        ];
      }),
    ],
    backfill: [
      ...columns.map((one) => ({ kind: "fill", fields: { table: one.written } })),
      ...columns.map((one) => ({ kind: "carry", fields: { table: one.written, from: one.column, to: one.by } })),
    ],
    contract: [{ kind: "replace_type", fields: cutover }],
  };
}

/** Over the columns as texts: a text of a value means the same to both types, whatever they are called by then. */
function derivations(
  { array, by, column }: EnumColumn & { readonly by: string },
  { forward, reverse }: EnumReplacement,
): { readonly forward: string; readonly reverse: string } {
  const text = (name: string): string => `${columnReference(name)}::text${array ? "[]" : ""}`;
  return array
    ? { forward: forward.array(text(column)), reverse: reverse.array(text(by)) }
    : { forward: forward.value(text(column)), reverse: reverse.value(text(by)) };
}

function newNames(catalog: Catalog, { names = [] }: EnumReplacement): ReadonlyMap<string, string> {
  return new Map(
    names.map(({ column, table, to }) => [
      placeOf({ table: parseTableName(table, catalog.defaultSchema), column }),
      to,
    ]),
  );
}

function placeOf({ column, table }: Pick<EnumColumn, "table" | "column">): string {
  return `${relationKey(table)}.${column}`;
}
