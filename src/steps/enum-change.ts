import type { Catalog } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import type { RelationName } from "../model/relation.ts";
import { type EnumChange, rewriteEnum } from "../sql/enum-constants.ts";
import { parseTableName, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { enumUse } from "./enum-values.ts";
import type { ReplaceTypeFields } from "./type-entries.ts";

/** The enum that an entry replaces. */
export function replacedType({ type }: ReplaceTypeFields, { defaultSchema }: Catalog): RelationName {
  return parseTableName(type, defaultSchema);
}

/** Whether a value becomes one that another value is or becomes too, or none: then nobody can tell the two apart any more. */
export function isMerged(fields: ReplaceTypeFields, values: readonly string[], value: string): boolean {
  const next = becomes(fields, value);
  return next === null || values.some((other) => other !== value && becomes(fields, other) === next);
}

/** What a value becomes; null for none. */
export function becomes({ labels }: ReplaceTypeFields, value: string): string | null {
  const next = labels[value];
  return next === undefined ? value : next;
}

/**
 * A condition or an expression (of a check, an index, a statistics object) over the new values.
 *
 * @param to What the new type is called by then.
 * @throws SegueError SEG0102 if a value that goes stands in it: what it is to mean then only a person can tell.
 */
export function rewriteDefinition(
  text: string,
  kind: "statement" | "constraint" | "expression",
  to: RelationName,
  fields: ReplaceTypeFields,
  catalog: Catalog,
): string {
  const { values } = enumUse(catalog, replacedType(fields, catalog));
  return rewriteEnum(text, kind, {
    ...plainly(fields, catalog, to),
    label(value) {
      const next = becomes(fields, value);
      if (next === value) return value;
      if (next === null || isMerged(fields, values, value)) throw goesAway(text, value);
      return next;
    },
  });
}

/** A default over the new values: SQL, null for none. @throws SegueError SEG0102 if it can't be followed. */
export function rewriteDefault(
  text: string,
  to: RelationName,
  fields: ReplaceTypeFields,
  catalog: Catalog,
): string | null {
  const type = replacedType(fields, catalog);
  const alone = Object.keys(fields.labels).find((value) => text === `${literal(value)}::${qualified(type)}`);
  if (alone !== undefined && becomes(fields, alone) === null) return null;
  return rewriteEnum(text, "expression", {
    ...plainly(fields, catalog, to),
    label(value) {
      const next = becomes(fields, value);
      if (next === null) throw goesAway(text, value);
      return next;
    },
  });
}

function plainly(fields: ReplaceTypeFields, catalog: Catalog, to: RelationName): Omit<EnumChange, "label"> {
  const from = replacedType(fields, catalog);
  return { from, to, changes: (value) => Object.hasOwn(fields.labels, value) };
}

function goesAway(text: string, value: string): SegueError {
  return new SegueError("SEG0102", {
    message: `${text} has the value ${literal(value)}, which goes: only you can tell what it is to mean then`,
    object: value,
  });
}
