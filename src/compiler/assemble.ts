import type { TableLock } from "../model/lock.ts";
import type { Stage } from "../model/phase.ts";
import { relationKey } from "../model/relation.ts";
import type { Loss, Step, TransactionStep, UndoStep } from "../model/step.ts";
import type { Draft } from "../steps/step-kind.ts";

export interface Piece {
  readonly draft: Draft;
  readonly losses: readonly Omit<Loss, "step">[];
}

type TransactionDraft = Omit<TransactionStep, "id">;

/**
 * The steps of a stage: short transactions on the same table are joined to one, so that the table is locked once and a
 * trigger comes and goes together with its columns; then every step and undo step gets its id.
 */
export function assemble(stage: Stage, found: readonly Piece[]): { steps: readonly Step[]; losses: readonly Loss[] } {
  const joined: Piece[] = [];
  for (const piece of found) {
    const into = joined.findLastIndex((earlier) => joinable(earlier.draft, piece.draft));
    const between = joined.slice(into + 1);
    const into0 = joined[into];
    if (into0 === undefined || between.some((other) => blocks(other.draft, piece.draft))) joined.push(piece);
    else joined[into] = join(into0, piece);
  }
  const steps: Step[] = [];
  const losses: Loss[] = [];
  joined.forEach(({ draft, losses: own }, index) => {
    const id = `${stage}.${index + 1}`;
    const undo = draft.undo.map((step, n): UndoStep => ({ ...step, id: `${id}.undo.${n + 1}` }));
    steps.push({ ...draft, undo, id });
    losses.push(...own.map((loss) => ({ ...loss, step: id })));
  });
  return { steps, losses };
}

function isShort(draft: Draft): draft is TransactionDraft {
  return draft.kind === "transaction" && draft.patience === "short" && draft.irreversible === undefined;
}

/** Irreversible drops of one table may be joined too. */
function isDrop(draft: Draft): draft is TransactionDraft {
  return draft.kind === "transaction" && draft.patience === "short" && draft.undo.length === 0;
}

function joinable(a: Draft, b: Draft): boolean {
  if (a.table === null || b.table === null || relationKey(a.table) !== relationKey(b.table)) return false;
  if (!((isShort(a) && isShort(b)) || (isDrop(a) && isDrop(b)))) return false;
  // One strong lock on one table per transaction: what locks another one too stays by itself.
  return sameLocks(a, b);
}

function sameLocks(a: TransactionDraft, b: TransactionDraft): boolean {
  const names = (draft: TransactionDraft): string =>
    [...new Set(draft.locks.filter((l) => l.alongside !== true).map((l) => relationKey(l.relation)))].toSorted().join();
  return names(a) === names(b);
}

/** A step that may depend on the order must not be overtaken. */
function blocks(between: Draft, moving: Draft): boolean {
  return between.table === null || moving.table === null || relationKey(between.table) === relationKey(moving.table);
}

function join(a: Piece, b: Piece): Piece {
  const [first, second] = [a.draft as TransactionDraft, b.draft as TransactionDraft];
  const { irreversible } = { irreversible: first.irreversible ?? second.irreversible };
  return {
    draft: {
      ...first,
      title: `${first.title}; ${second.title}`,
      statements: [...first.statements, ...second.statements],
      locks: joinLocks(first.locks, second.locks),
      undo: joinUndo(second.undo, first.undo),
      ...(irreversible === undefined ? {} : { irreversible }),
    },
    losses: [...a.losses, ...b.losses],
  };
}

/** What was done last is undone first; the transactions that lead each list become one, what follows them follows it. */
function joinUndo(later: readonly UndoStep[], earlier: readonly UndoStep[]): readonly UndoStep[] {
  const [a, ...restA] = later;
  const [b, ...restB] = earlier;
  if (a === undefined) return earlier;
  if (b === undefined) return later;
  const short = (step: UndoStep): step is UndoStep & { kind: "transaction" } =>
    step.kind === "transaction" && step.patience === "short" && step.restoresNotNull === undefined;
  if (!short(a) || !short(b)) return [...later, ...earlier];
  const both: UndoStep = {
    ...a,
    title: `${a.title}; ${b.title}`,
    statements: [...a.statements, ...b.statements],
    locks: joinLocks(a.locks, b.locks),
  };
  return [both, ...restA, ...restB];
}

/** The tables are the same: what the second adds are views. */
function joinLocks(first: readonly TableLock[], second: readonly TableLock[]): readonly TableLock[] {
  const known = new Set(first.map(({ relation }) => relationKey(relation)));
  return [
    ...first,
    ...second.filter(({ alongside, relation }) => alongside === true && !known.has(relationKey(relation))),
  ];
}
