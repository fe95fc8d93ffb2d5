import type { Catalog, Table } from "../model/catalog.ts";
import type { EnumUse } from "../model/enum-use.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { DEFAULT_SETTINGS, type RolloutSettings } from "../model/settings.ts";
import { partitionsOf } from "./carry-family.ts";
import { requireColumn } from "./catalog-lookup.ts";
import { becomes, isMerged, replacedType, rewriteDefault, rewriteDefinition } from "./enum-change.ts";
import { enumUse } from "./enum-values.ts";
import { uncarriableOfKey } from "./key-check.ts";
import { type ReplaceTypeFields, type TypeColumn, typeColumnsOf } from "./type-entries.ts";
import { harmless, textFunctions } from "./uncarriable-error.ts";

/**
 * @throws SegueError SEG0102 with everything that is made of the enum, or hangs on its columns, and that the type which takes
 *   its place can't take over.
 */
export function requireReplaceable(
  fields: ReplaceTypeFields,
  catalog: Catalog,
  settings: Pick<RolloutSettings, "ignore_dependents" | "views"> = DEFAULT_SETTINGS,
): void {
  const type = replacedType(fields, catalog);
  const use = enumUse(catalog, type);
  const columns = typeColumnsOf(fields, catalog);
  const found = [
    ...use.others.map((name) => `${name} is made of it`),
    ...grantsByOthers(use),
    ...unlike(use, columns),
    ...columns.flatMap((one) => ofColumn(one, columns, fields, catalog, settings)),
  ];
  if (found.length === 0) return;
  const functions = columns.flatMap(({ column, table }) => textFunctions(table, column, found));
  throw new SegueError("SEG0102", {
    message: `enum ${relationKey(type)} can't be replaced: ${found.length === 1 ? "this is" : `these ${found.length} are`} in the way`,
    object: relationKey(type),
    problems: found.map((message) => ({ message })),
    next: `drop or change them in an earlier plan, and create them again in a later one${harmless([...new Set(functions)])}`,
  });
}

/** GRANT makes the owner the grantor. */
function grantsByOthers({ grants }: EnumUse): string[] {
  return (grants ?? []).flatMap(({ grantee, grantor, privilege }) =>
    grantor === undefined
      ? []
      : [`${privilege} on it was granted to ${grantee} by ${grantor}, not by the owner: grant it as the owner`],
  );
}

/** What an entry that a plan writes itself leaves out, or names besides. */
function unlike(use: EnumUse, columns: readonly TypeColumn[]): string[] {
  const place = (one: { table: { schema: string; name: string }; column: string }): string =>
    `${relationKey(one.table)}.${one.column}`;
  const [wanted, given] = [use.columns.map(place), columns.map(place)];
  return [
    ...wanted.filter((one) => !given.includes(one)).map((one) => `${one} holds it, and nothing replaces that column`),
    ...given.filter((one) => !wanted.includes(one)).map((one) => `${one} is to be replaced, and is not of that type`),
  ];
}

function ofColumn(
  { column, keepsName, table }: TypeColumn,
  columns: readonly TypeColumn[],
  fields: ReplaceTypeFields,
  catalog: Catalog,
  { ignore_dependents: ignore, views }: Pick<RolloutSettings, "ignore_dependents" | "views">,
): string[] {
  const family = [table, ...partitionsOf(catalog, table)];
  const values = enumUse(catalog, replacedType(fields, catalog)).values;
  const own = requireColumn(table, column);
  const none = values.filter((value) => becomes(fields, value) === null);
  const lines = [
    ...(family.some((m) => m.constraints.some((c) => c.kind === "primary key" && c.columns.includes(column)))
      ? ["it is in the primary key"]
      : []),
    ...(table.referencing ?? [])
      .filter((key) => key.columns.includes(column))
      .map(({ name }) => `foreign key ${name} references it`),
    ...(none.length > 0 && own.notNull ? [`it is NOT NULL, and ${none.join(", ")} would become NULL`] : []),
    ...(none.length > 0 && own.type.endsWith("[]")
      ? [`it is an array, and ${none.join(", ")} would become NULL in it: name a value instead`]
      : []),
    ...uncarriableOfKey(catalog, table, column, columns, ignore),
    ...family.flatMap((member) => definitions(member, column, fields, catalog)),
    ...(values.some((value) => isMerged(fields, values, value))
      ? [
          ...uniqueOver(family, column),
          ...(keepsName && !views ? [] : ambiguousDefaults(family, column, fields, catalog)),
        ]
      : []),
  ];
  return [...new Set(lines)].map((line) => `${relationKey(table)}.${column}: ${line}`);
}

/** Two rows that differ in nothing but the value that goes could not both stand. */
function uniqueOver(family: readonly Table[], column: string): string[] {
  return family.flatMap(({ indexes }) =>
    indexes
      .filter((index) => index.unique && index.columns.includes(column) && index.parent === null)
      .map((index) => `unique index ${relationKey(index)} reads it, where values that become one could collide`),
  );
}

/**
 * An insert of the new version, which has a name for it, gives the new column a value and leaves the old one to its default: where both mean the same,
 * the old column would keep a value that the new version has not written.
 */
function ambiguousDefaults(
  family: readonly Table[],
  column: string,
  fields: ReplaceTypeFields,
  catalog: Catalog,
): string[] {
  const to = replacedType(fields, catalog);
  return family.flatMap((member) => {
    const given = member.columns.find((own) => own.name === column)?.default ?? null;
    if (given === null) return [];
    try {
      if (rewriteDefault(given, to, fields, catalog) === given) return [];
    } catch (error) {
      // Told of by definitions().
      if (error instanceof SegueError) return [];
      throw error;
    }
    return [`the default of ${relationKey(member)} has a value that goes, ${given}: set another one first`];
  });
}

/** What can't be written in the values of the new type. */
function definitions(member: Table, column: string, fields: ReplaceTypeFields, catalog: Catalog): string[] {
  const to = replacedType(fields, catalog);
  const reads = ({ columns }: { readonly columns: readonly string[] }): boolean => columns.includes(column);
  const given = member.columns.find((own) => own.name === column)?.default ?? null;
  return [
    ...(given === null ? [] : refused(() => rewriteDefault(given, to, fields, catalog), "its default")),
    ...member.indexes
      .filter(reads)
      .flatMap((index) =>
        refused(
          () => rewriteDefinition(index.definition, "statement", to, fields, catalog),
          `index ${relationKey(index)}`,
        ),
      ),
    ...member.constraints
      .filter((constraint) => constraint.kind === "check" && reads(constraint))
      .flatMap(({ definition, name }) =>
        refused(
          () => rewriteDefinition(definition, "constraint", to, fields, catalog),
          `check ${name} on ${relationKey(member)}`,
        ),
      ),
    ...member.statistics
      .filter(reads)
      .flatMap((one) =>
        refused(
          () => rewriteDefinition(one.definition, "statement", to, fields, catalog),
          `statistics ${relationKey(one)}`,
        ),
      ),
  ];
}

function refused(rewrite: () => unknown, what: string): string[] {
  try {
    rewrite();
    return [];
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    return [`${what}: ${error.message}`];
  }
}
