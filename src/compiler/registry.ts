import type { ZodType } from "zod";
import type { Phase } from "../model/phase.ts";
import { addCheck } from "../operations/add-check.ts";
import { addColumn } from "../operations/add-column.ts";
import { addForeignKey } from "../operations/add-foreign-key.ts";
import { addPrimaryKey } from "../operations/add-primary-key.ts";
import { addUnique } from "../operations/add-unique.ts";
import { changePrimaryKey } from "../operations/change-primary-key.ts";
import { changeType } from "../operations/change-type.ts";
import { createIndex } from "../operations/create-index.ts";
import { createTable } from "../operations/create-table.ts";
import { deleteRows } from "../operations/delete-rows.ts";
import { dropColumn } from "../operations/drop-column.ts";
import { dropIndex } from "../operations/drop-index.ts";
import { dropNotNull } from "../operations/drop-not-null.ts";
import { setDefault } from "../operations/set-default.ts";
import { dropDefault } from "../operations/drop-default.ts";
import { setComment } from "../operations/set-comment.ts";
import { renameIndex } from "../operations/rename-index.ts";
import { renameConstraint } from "../operations/rename-constraint.ts";
import { dropConstraint } from "../operations/drop-constraint.ts";
import { dropTable } from "../operations/drop-table.ts";
import { createEnum } from "../operations/create-enum.ts";
import { addEnumValue } from "../operations/add-enum-value.ts";
import { dropEnumValue } from "../operations/drop-enum-value.ts";
import { renameEnumValue } from "../operations/rename-enum-value.ts";
import type { Operation } from "../operations/operation.ts";
import { replaceColumns } from "../operations/replace-columns.ts";
import { renameColumn } from "../operations/rename-column.ts";
import { renameTable } from "../operations/rename-table.ts";
import { setNotNull } from "../operations/set-not-null.ts";
import { sql } from "../operations/sql.ts";
import { updateRows } from "../operations/update-rows.ts";
import { addCheckStep } from "../steps/add-check.ts";
import { addColumnStep } from "../steps/add-column.ts";
import { addForeignKeyStep } from "../steps/add-foreign-key.ts";
import { addPrimaryKeyStep } from "../steps/add-primary-key.ts";
import { addUniqueStep } from "../steps/add-unique.ts";
import { aliasTable } from "../steps/alias-table.ts";
import { alterType } from "../steps/alter-type.ts";
import { carry } from "../steps/carry.ts";
import { createIndexStep } from "../steps/create-index.ts";
import { createTableStep } from "../steps/create-table.ts";
import { deleteRowsStep } from "../steps/delete-rows.ts";
import { dropColumnStep } from "../steps/drop-column.ts";
import { generateKey } from "../steps/generate-key.ts";
import { dropIndexStep } from "../steps/drop-index.ts";
import { dropNotNullStep } from "../steps/drop-not-null.ts";
import { dropTableStep } from "../steps/drop-table.ts";
import { fill } from "../steps/fill.ts";
import { renameTableStep } from "../steps/rename-table.ts";
import { dropDefaultStep } from "../steps/drop-default.ts";
import { addEnumValueStep } from "../steps/add-enum-value.ts";
import { createEnumStep } from "../steps/create-enum.ts";
import { dropConstraintStep } from "../steps/drop-constraint.ts";
import { renameConstraintStep } from "../steps/rename-constraint.ts";
import { renameIndexStep } from "../steps/rename-index.ts";
import { setCommentStep } from "../steps/set-comment.ts";
import { setDefaultStep } from "../steps/set-default.ts";
import { movePrimaryKey } from "../steps/move-primary-key.ts";
import { replaceColumn } from "../steps/replace-column.ts";
import { replaceKey } from "../steps/replace-key.ts";
import { replaceType } from "../steps/replace-type.ts";
import { setNotNullStep } from "../steps/set-not-null.ts";
import { sqlStep } from "../steps/sql.ts";
import type { StepKind } from "../steps/step-kind.ts";
import { dropSyncEntry, sync } from "../steps/sync.ts";
import { syncReferences } from "../steps/sync-references.ts";
import { updateRowsStep } from "../steps/update-rows.ts";

/** Fields are validated against the kind's own schema before they reach it, so the registry may forget their type. */
type AnyOperation = Operation;
type AnyStep = StepKind;

const ALL_OPERATIONS = [
  createTable,
  addColumn,
  renameColumn,
  changeType,
  dropColumn,
  setNotNull,
  createIndex,
  dropIndex,
  addForeignKey,
  addCheck,
  addUnique,
  sql,
  dropNotNull,
  replaceColumns,
  addPrimaryKey,
  setDefault,
  dropDefault,
  setComment,
  renameIndex,
  renameConstraint,
  dropConstraint,
  updateRows,
  deleteRows,
  renameTable,
  dropTable,
  createEnum,
  addEnumValue,
  changePrimaryKey,
  renameEnumValue,
  dropEnumValue,
] as unknown as readonly AnyOperation[];

const ALL_STEPS = [
  createTableStep,
  addColumnStep,
  alterType,
  dropNotNullStep,
  sync,
  fill,
  carry,
  setNotNullStep,
  createIndexStep,
  addCheckStep,
  addForeignKeyStep,
  addUniqueStep,
  dropIndexStep,
  replaceColumn,
  dropColumnStep,
  dropSyncEntry,
  sqlStep,
  addPrimaryKeyStep,
  setDefaultStep,
  dropDefaultStep,
  setCommentStep,
  renameIndexStep,
  renameConstraintStep,
  dropConstraintStep,
  updateRowsStep,
  deleteRowsStep,
  aliasTable,
  renameTableStep,
  dropTableStep,
  createEnumStep,
  addEnumValueStep,
  replaceKey,
  movePrimaryKey,
  replaceType,
  generateKey,
  syncReferences,
] as unknown as readonly AnyStep[];

/** Every operation by the word that a plan uses for it. */
export const OPERATIONS: Readonly<Record<string, AnyOperation>> = Object.fromEntries(
  ALL_OPERATIONS.map((operation) => [operation.kind, operation]),
);

/** Every primitive step by its word in an explicit phase. */
export const STEPS: Readonly<Record<string, AnyStep>> = Object.fromEntries(ALL_STEPS.map((step) => [step.kind, step]));

/** The words of the plan format, as the plan reader takes them. */
export const VOCABULARY: {
  readonly operations: Readonly<Record<string, ZodType>>;
  readonly steps: Readonly<Record<string, { readonly fields: ZodType; readonly phases: readonly Phase[] }>>;
} = {
  operations: Object.fromEntries(ALL_OPERATIONS.map((operation) => [operation.kind, operation.fields])),
  steps: Object.fromEntries(ALL_STEPS.map((step) => [step.kind, { fields: step.fields, phases: step.phases }])),
};
