import { z } from "zod";
import type { Catalog, Constraint, Index, Table } from "../model/catalog.ts";
import { objectName, tableName } from "../model/fields.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { isTemporal } from "../sql/definition.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { bothLocks } from "./build-foreign-key.ts";
import { exclusiveLocks, nameOf, requireTable, withTable } from "./catalog-lookup.ts";
import { constraintLosses } from "./constraint-losses.ts";
import { droppableConstraint, refuseReplacedColumns } from "./droppable-constraint.ts";
import { partsOf } from "./partitioned-index-parts.ts";
import {
  restoreCheck,
  restoreComments,
  restoreExclusion,
  restoreForeignKey,
  restoreKey,
  targetOf,
} from "./restore-constraint.ts";
import { usesColumns } from "./schema-objects.ts";
import type { StepKind } from "./step-kind.ts";
import { shortTransaction } from "./transaction-draft.ts";

const fields = z
  .strictObject({ table: tableName, name: objectName.describe("A constraint of the table.") })
  .describe("Drops a constraint; its definition is kept for a reversal.");
export type DropConstraintFields = z.infer<typeof fields>;

/** One short ALTER. It hides nothing: the definition is kept, and a reversal builds the constraint again, without a scan under a strong lock. */
export const dropConstraintStep = {
  kind: "drop_constraint",
  fields,
  phases: ["contract"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  // What a constraint reads, and references, is known only with the catalog at hand.
  touches: ({ table }, schema) => [{ table: parseTableName(table, schema), column: null }],
  effects: ({ table }, schema) => usesColumns(table, schema),
  lower(written, context) {
    const { catalog } = context;
    const { constraint, index, table } = droppableConstraint(written, catalog);
    refuseReplacedColumns(table, constraint, index, context);
    const place = relationKey(table);
    const drop = shortTransaction(
      {
        title: `drop constraint ${constraint.name} of ${place}`,
        table,
        statements: [`ALTER TABLE ${qualified(table)} DROP CONSTRAINT ${ident(constraint.name)}`],
        locks: locksOf(catalog, table, constraint, index),
      },
      [...restore(catalog, table, constraint, index), ...restoreComments(catalog, table, constraint, index)],
    );
    return {
      cutover: [drop],
      losses: constraintLosses(table, constraint, index),
      warnings: warnings(table, constraint),
    };
  },
  after: (written, catalog) => {
    const table = requireTable(catalog, written.table);
    const constraints = table.constraints.filter((one) => one.name !== written.name);
    const indexes = table.indexes.filter((one) => one.constraint !== written.name);
    const gone = table.indexes.filter((one) => one.constraint === written.name).map(relationKey);
    const relationNames = catalog.relationNames.filter((name) => !gone.includes(name));
    return withTable({ ...catalog, relationNames }, { ...table, constraints, indexes });
  },
} satisfies StepKind<DropConstraintFields>;

/** A foreign key's triggers go from the referenced table too; the server locks it second. */
function locksOf(catalog: Catalog, table: Table, constraint: Constraint, index: Index | null): readonly TableLock[] {
  const own = exclusiveLocks(table);
  if (constraint.references !== null)
    return bothLocks(own, targetOf(catalog, constraint.references.table), "ACCESS EXCLUSIVE");
  if (index === null) return own;
  const parts = partsOf(table, index, catalog);
  return [...own, ...parts.map((part) => ({ relation: nameOf(part), mode: "ACCESS EXCLUSIVE" as const }))];
}

function restore(catalog: Catalog, table: Table, constraint: Constraint, index: Index | null): readonly UndoStep[] {
  switch (constraint.kind) {
    case "check":
      return restoreCheck(table, constraint);
    case "foreign key":
      return constraint.references === null
        ? []
        : restoreForeignKey(catalog, table, constraint, targetOf(catalog, constraint.references.table));
    case "unique":
    case "primary key":
    case "exclusion":
      return index === null || needsTheLock(constraint)
        ? restoreExclusion(table, constraint)
        : restoreKey(catalog, table, constraint, index);
    default:
      return [];
  }
}

/** PostgreSQL takes no finished index for these: a reversal reads the table under ACCESS EXCLUSIVE. */
function needsTheLock({ definition, kind }: Constraint): boolean {
  return kind === "exclusion" || (kind !== "foreign key" && kind !== "check" && isTemporal(definition));
}

function warnings(table: Table, constraint: Constraint): readonly string[] {
  const { columns, kind, name, references } = constraint;
  const what = `constraint ${name} of ${relationKey(table)}`;
  if (references !== null)
    return [`the drop of ${what} asks for ACCESS EXCLUSIVE on ${relationKey(references.table)} too, for a moment`];
  if (kind === "check") return [];
  return [
    `ON CONFLICT over ${columns.join(", ")} fails once ${what} is gone, unless another unique index fits it`,
    ...(needsTheLock(constraint)
      ? [
          `a reversal that puts ${what} back reads the whole table under ACCESS EXCLUSIVE: PostgreSQL builds it in no other way`,
        ]
      : []),
    ...(kind === "primary key"
      ? [`without ${what} a replicated table takes no updates and deletes, unless it has another replica identity`]
      : []),
  ];
}
