import { SegueError } from "../model/errors.ts";
import type { Spec } from "../model/plan.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import type { LowerContext } from "./step-kind.ts";
import { columnsOn, type ReplaceTypeFields } from "./type-entries.ts";

/**
 * What the plan says of the enum, or of an expression over its columns, would be read once before and once after types change
 * names. So a type is replaced by a plan that does nothing else.
 *
 * @throws SegueError SEG0102 for an entry that is not part of the replacement.
 */
export function refuseBesideType(fields: ReplaceTypeFields, { catalog, entries }: LowerContext): void {
  const other = entries.find(({ spec }) => !isPart(spec, fields, catalog.defaultSchema));
  if (other === undefined) return;
  throw new SegueError("SEG0102", {
    message: `type ${fields.type} is replaced by a plan of its own: \`${other.spec.kind}\` can't stand in the same plan`,
    object: fields.type,
    next: "make it a plan of its own, before or after this one",
  });
}

function isPart(spec: Spec, fields: ReplaceTypeFields, schema: string): boolean {
  const key = (written: unknown): string => relationKey(parseTableName(String(written), schema));
  if (spec.kind === "create_enum") return key(spec.fields["name"]) === key(fields.by);
  if (spec.kind === "replace_type") return (spec.fields as unknown) === fields;
  const { table } = spec.fields;
  if (typeof table !== "string") return false;
  const replaced = columnsOn(fields, parseTableName(table, schema), schema);
  const only = (map: unknown, names: readonly string[]): boolean =>
    Object.keys(Object(map ?? {}) as object).every((name) => names.includes(name));
  switch (spec.kind) {
    case "add_column":
      return replaced.some(({ by }) => by === spec.fields["column"]);
    case "sync":
      return (
        spec.fields["fill"] === undefined &&
        spec.fields["defaults"] === undefined &&
        only(
          spec.fields["forward"],
          replaced.map(({ by }) => by),
        ) &&
        only(
          spec.fields["reverse"],
          replaced.map(({ column }) => column),
        )
      );
    case "fill":
      return replaced.length > 0 && spec.fields["set"] === undefined;
    case "carry":
      return replaced.some(({ by, column }) => column === spec.fields["from"] && by === spec.fields["to"]);
    default:
      return false;
  }
}
