import { relationKey, type RelationName } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import type { LowerContext } from "./step-kind.ts";

/** A `generate_key` entry as it is written: what makes the values of a key that have nothing to do with the ones before. */
export interface GenerateKeyFields {
  readonly table: string;
  readonly column: string;
  readonly by: string;
  readonly value: string | number | boolean;
  readonly old_value?: string | number | boolean | undefined;
}

/** The entry of the plan that makes new values for this column of a key; undefined if they are derived from the old ones. */
export function generatedKey(
  { catalog, entries }: LowerContext,
  table: RelationName,
  column?: string,
): GenerateKeyFields | undefined {
  return entries
    .filter(({ spec }) => spec.kind === "generate_key")
    .map(({ spec }) => spec.fields as unknown as GenerateKeyFields)
    .find(
      (fields) =>
        relationKey(parseTableName(fields.table, catalog.defaultSchema)) === relationKey(table) &&
        (column === undefined || fields.column === column),
    );
}

/** Kinds of entries whose triggers keep a table's rows in step. */
export const SYNC_KINDS: ReadonlySet<string> = new Set(["sync", "generate_key", "sync_references"]);
