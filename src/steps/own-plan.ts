import { SegueError } from "../model/errors.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import type { LowerContext } from "./step-kind.ts";

/**
 * Refuses a plan that does something else with one of the relations: by the time of its contract they are not where its
 * other steps would look for them.
 *
 * @throws SegueError SEG0101
 */
export function requireOwnPlan(
  what: string,
  relations: readonly RelationName[],
  kinds: readonly string[],
  { catalog, entries }: LowerContext,
): void {
  const names = new Set(relations.map(relationKey));
  for (const { spec } of entries) {
    const written = spec.fields["table"] ?? (spec.kind === "rename_table" ? spec.fields["from"] : undefined);
    if (typeof written !== "string" || kinds.includes(spec.kind)) continue;
    const table = relationKey(parseTableName(written, catalog.defaultSchema));
    if (!names.has(table)) continue;
    throw new SegueError("SEG0101", {
      message: `${what} ${relations.map(relationKey).join(" to ")} and ${spec.kind} of ${table} can't stand in one plan`,
      object: table,
      next: `put ${spec.kind} into a plan of its own, before or after this one`,
    });
  }
}
