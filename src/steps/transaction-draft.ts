import type { Table } from "../model/catalog.ts";
import type { TableLock } from "../model/lock.ts";
import type { RelationName } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { nameOf } from "./catalog-lookup.ts";
import type { Draft } from "./step-kind.ts";

interface Transaction {
  readonly title: string;
  readonly table: RelationName;
  readonly statements: readonly string[];
  readonly locks: readonly TableLock[];
}

export type TransactionDraft = Extract<Draft, { kind: "transaction" }>;

/** A transaction that holds strong locks for a moment: it reads no rows. */
export function shortTransaction(transaction: Transaction, undo: readonly UndoStep[]): Draft {
  return { ...common(transaction), patience: "short", scans: false, undo };
}

/** A transaction that reads rows under locks which stop nobody. */
export function scanningTransaction(transaction: Transaction): TransactionDraft {
  return { ...common(transaction), patience: "long", scans: true, undo: [] };
}

/** The undo of a short transaction. */
export function undoTransaction(transaction: Transaction): UndoStep {
  return { id: "", ...common(transaction), patience: "short", scans: false };
}

/** A draft as a step of a reversal. */
export function undoOf(draft: Draft): UndoStep {
  if (draft.kind === "fill") throw new Error("a fill has no place among the steps that undo");
  const { undo: _, irreversible: __, stays: ___, ...step } = draft;
  return { id: "", ...step };
}

/** Steps that build something, as the undo of its drop. */
export function asUndo(drafts: readonly Draft[]): readonly UndoStep[] {
  return drafts.map(undoOf);
}

/** The locks of one mode on a table and all its partitions. */
export function familyLocks(table: Table, mode: TableLock["mode"]): readonly TableLock[] {
  return [table, ...table.partitions.map((partition) => partition.name)].map((relation) => ({
    relation: nameOf(relation),
    mode,
  }));
}

function common({ locks, statements, table, title }: Transaction) {
  return { kind: "transaction", title, table: nameOf(table), statements, locks, rewrites: false } as const;
}
