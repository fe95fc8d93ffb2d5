import type { Constraint, Dependent, Index, Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import { isTemporal } from "../sql/definition.ts";
import { readsColumn } from "./carry-family.ts";
import { canFollow } from "./following-views.ts";

/**
 * Everything that hangs on the column and that a duplicate can't take over, each as a line that names the object.
 *
 * @param ignore Dependents that a person declared harmless, as `settings.ignore_dependents` names them.
 * @param partitions All partitions of the table, from the catalog.
 * @param views What becomes of views: they `follow` to a duplicate of the same type, where nothing stands against it.
 */
export function uncarriable(
  table: Table,
  column: string,
  ignore: readonly string[],
  partitions: readonly Table[] = [],
  views: "follow" | "stay" = "stay",
): string[] {
  const found = [
    ...kindOf(table),
    ...ofColumn(table, column),
    ...[table, ...partitions].flatMap((member) => [
      ...(member.kind === "foreign"
        ? [`partition ${relationKey(member)} is a foreign table: its rows can't be filled, nor indexes built`]
        : []),
      ...grantsByOthers(member, column),
      ...member.constraints.flatMap((constraint) => ofConstraint(table, member, constraint, column)),
      ...member.indexes.flatMap((index) => ofIndex(member, index, column)),
    ]),
    ...table.dependents
      .filter((dependent) => dependent.columns.includes(column) && !ignore.includes(dependent.name))
      .filter((dependent) => views === "stay" || !canFollow(dependent))
      .map(dependentLine),
  ];
  return [...new Set(found)];
}

function dependentLine({ evidence, kind, name, obstacle }: Dependent): string {
  if (kind === "column") return `column ${name} holds rows of the table, which would lose the value`;
  const why = obstacle === undefined ? "" : `: ${obstacle}`;
  return `${kind} ${name} ${evidence === "text" ? "seems to name" : "names"} the column${why}`;
}

function kindOf(table: Table): string[] {
  const name = relationKey(table);
  const found: string[] = [];
  if (table.kind !== "table" && table.kind !== "partitioned")
    found.push(`${name} is a ${table.kind}: columns are replaced on tables`);
  if (table.persistence === "temporary") found.push(`${name} is a temporary table, which other sessions can't fill`);
  if (table.parent !== null)
    found.push(`${name} inherits its columns from ${relationKey(table.parent)}: change them there`);
  for (const child of table.inheritanceChildren) found.push(`table ${relationKey(child)} inherits from ${name}`);
  return found;
}

function ofColumn(table: Table, name: string): string[] {
  const column = table.columns.find((candidate) => candidate.name === name);
  const found: string[] = [];
  if (table.partitionKeyColumns.includes(name)) found.push("it is in the partition key");
  if (column === undefined) return found;
  if (column.identity !== null) {
    found.push(
      `it is an identity column: sequence ${column.sequence === null ? "" : `${relationKey(column.sequence)} `}can't be handed to another column`,
    );
  }
  if (column.generated !== null)
    found.push("it is a generated column: nothing writes to it, so add the new one and drop this one");
  return found;
}

/** GRANT makes the owner the grantor: a REVOKE from whoever passed the privilege on would no longer reach these. */
function grantsByOthers(member: Table, column: string): string[] {
  const grants = member.columns.find((candidate) => candidate.name === column)?.grants ?? [];
  return grants.flatMap(({ grantee, grantor, privilege }) =>
    grantor === undefined
      ? []
      : [
          `${privilege} on it in ${relationKey(member)} was granted to ${grantee} by ${grantor}, not by the owner: grant it as the owner`,
        ],
  );
}

function ofConstraint(table: Table, member: Table, constraint: Constraint, column: string): string[] {
  const { kind, name, references } = constraint;
  const place = `${name} on ${relationKey(member)}`;
  const found: string[] = [];
  if (
    kind === "foreign key" &&
    references?.columns.includes(column) === true &&
    relationKey(references.table) === relationKey(table)
  ) {
    found.push(`foreign key ${place} references it`);
  }
  if (!readsColumn(member, constraint, column)) return found;
  switch (kind) {
    case "primary key":
      found.push(`it is in the primary key ${place}`);
      break;
    case "exclusion":
      found.push(`exclusion constraint ${place} can't be built without stopping writers`);
      break;
    case "unique":
      if (isTemporal(constraint.definition))
        found.push(`constraint ${place} is WITHOUT OVERLAPS: it can't be built without stopping writers`);
      break;
    case "foreign key":
      if (isTemporal(constraint.definition)) found.push(`foreign key ${place} is over a period`);
      if (references?.onDelete === "set default" || references?.onUpdate === "set default") {
        found.push(`foreign key ${place} has SET DEFAULT, and a duplicate has no default before the cut-over`);
      }
      break;
    case "trigger":
      found.push(`constraint trigger ${place} names it`);
      break;
    case "check":
    case "not null":
      break;
    default:
      kind satisfies never;
  }
  return found;
}

function ofIndex(member: Table, index: Index, column: string): string[] {
  if (!index.columns.includes(column) || index.valid) return [];
  return [`index ${relationKey(index)} on ${relationKey(member)} is not valid: rebuild or drop it`];
}
