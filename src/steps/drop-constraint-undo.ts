import type { TableLock } from "../model/lock.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { undoTransaction } from "./transaction-draft.ts";

/** Takes back an ADD CONSTRAINT on `on`, a table of the plan or one of its partitions. */
export function dropConstraintUndo(
  table: RelationName,
  on: RelationName,
  name: string,
  locks: readonly TableLock[],
): UndoStep {
  return undoTransaction({
    title: `drop constraint ${name} of ${relationKey(on)}`,
    table,
    statements: [`ALTER TABLE ${qualified(on)} DROP CONSTRAINT IF EXISTS ${ident(name)}`],
    locks,
  });
}
