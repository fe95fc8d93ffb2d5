import type { TableLock } from "./lock.ts";
import type { RelationName } from "./relation.ts";

/**
 * A step is frozen data: it can be printed, hashed, stored in the journal and run by another process or a
 * later version. What it needs of the database it says; what it leaves is undone by the steps in `undo`.
 */
export type Step = TransactionStep | ConcurrentStep | FillStep | RowsStep;

interface StepCommon {
  /** Unique within its program: `<stage>.<n>.<kind>`. */
  readonly id: string;
  /** One line for people: `add column public.users.handle text`. */
  readonly title: string;
  /** The table that it is about; null for a step that names none (a `sql` step). */
  readonly table: RelationName | null;
}

/** What runs forward knows how to be taken back. `undo` steps run in their given order. */
export interface Undoable {
  readonly undo: readonly UndoStep[];
  /** Set if it can't be taken back: why. A reversal is refused then. */
  readonly irreversible?: string;
  /** What a reversal leaves as it is, and why: harmless, so it is told and not refused. */
  readonly stays?: string;
}

/** Statements of one transaction; its journal row commits with them: it happened once or not at all. */
export interface TransactionStep extends StepCommon, Undoable {
  readonly kind: "transaction";
  readonly statements: readonly string[];
  readonly locks: readonly TableLock[];
  /**
   * `short`: asks for a strong lock with a short lock_timeout, again and again up to the budget.
   * `long`: scans under a weak lock (VALIDATE): a long lock_timeout and no statement timeout.
   */
  readonly patience: "short" | "long";
  readonly scans: boolean;
  readonly rewrites: boolean;
}

/** One statement that can't be in a transaction. The probe tells from the catalog whether it happened. */
export interface ConcurrentStep extends StepCommon, Undoable {
  readonly kind: "concurrent";
  readonly statement: string;
  readonly probe: Probe;
  readonly locks: readonly TableLock[];
}

export type Probe =
  /** Done when the index exists and is valid; an invalid one is dropped concurrently and built again. */
  | {
      readonly expect: "index valid";
      readonly index: RelationName;
      /** IF NOT EXISTS of a plain `.sql` plan: an index that stood before will do. */
      readonly mayExist?: boolean;
    }
  | { readonly expect: "index absent"; readonly index: RelationName }
  /** No probe can be known (a statement of a plain .sql plan): run again only on a person's word. */
  | { readonly expect: "unknown" };

/** Fills the rows that stood before the sync went live, in batches. */
export interface FillStep extends StepCommon, Undoable {
  readonly kind: "fill";
  readonly table: RelationName;
  /** SQL values over the row named `segue_row`. */
  readonly set: readonly { readonly column: string; readonly value: string }[];
  /** SQL predicate over `segue_row`: the rows that still need it. A filled row no longer matches. */
  readonly where: string;
  /** True, over `segue_row`, for the same rows and for those that there is no value for: told without computing one. */
  readonly empty?: string;
  /** True, over `segue_row`, for those of the `empty` rows in which no column is NULL that the values are computed from. */
  readonly sourced?: string;
  readonly userTriggers: "fire" | "skip";
  /** The trigger of the plan's own sync of the table; it does nothing for the rows that the step fills. */
  readonly syncTrigger?: string;
}

/**
 * Changes the rows that a list names, in batches. What is done leaves the list in the transaction that does it: each row is
 * changed once, whatever dies and wherever the row moves, and whatever the change makes of it.
 */
export interface RowsStep extends StepCommon, Undoable {
  readonly kind: "rows";
  /** Whose rows are changed. */
  readonly table: RelationName;
  /** A table of Segue's own, with the key of each row. */
  readonly list: RelationName;
  /** The columns of the primary key, called the same in both. */
  readonly key: readonly string[];
  readonly change: RowChange;
  readonly userTriggers: "fire" | "skip";
}

/** What is done to a row. Expressions are over the row as `segue_target`, and its entry in the list as `segue_row`. */
export type RowChange =
  | {
      readonly change: "update";
      /** Values over `segue_target`, and over `taken`, which has the columns of the list in `brings`. */
      readonly set: readonly { readonly column: string; readonly value: string }[];
      readonly brings: readonly string[];
      /** A row that does not match when its turn comes is left as it is. */
      readonly where: string;
      /** Where the old and the new values go: `segue_old_1`, `segue_new_1` and so on, in the order of `set`. */
      readonly keep: RelationName | null;
    }
  | {
      readonly change: "delete";
      readonly where: string;
      /** Where the rows go, with these columns. */
      readonly keep: { readonly into: RelationName; readonly columns: readonly string[] } | null;
    }
  /** The list holds whole rows; one whose key is taken by now is left out. */
  | { readonly change: "insert"; readonly columns: readonly string[] };

/** A step of a reversal. It has no undo of its own: running the plan again is the way forward. */
export type UndoStep = (Omit<TransactionStep, "undo"> | Omit<ConcurrentStep, "undo"> | Omit<RowsStep, "undo">) & {
  /** The column that becomes NOT NULL again; left out when the reversal is asked to leave it nullable. */
  readonly restoresNotNull?: string;
  /** Builds again what the next cut-over needs: only for a reversal that ends at `ready`. */
  readonly onlyTo?: "ready";
};

/** The alias under which fill and verification name a row. */
export const ROW = "segue_row";

/** The alias of the row that an entry of a list names. */
export const TARGET = "segue_target";

/** A consistency pass over every row of a table: `mismatch` is true, over `segue_row`, for a row that is wrong. */
export interface Verification {
  readonly table: RelationName;
  readonly title: string;
  readonly mismatch: string;
  /**
   * True, over `segue_row`, for a row that lacks one of the values that are derived together, though there is one. That is no mismatch: a
   * new writer may have left it out. Of a row that a trigger has put aside it says that the value is still missing.
   */
  readonly lacking?: string;
}

/**
 * What a reversal would lose. `count` is a query of one number; the reversal is refused while it is above zero,
 * unless the flag says that it may be lost.
 */
export interface Loss {
  /** The step whose undoing loses it. */
  readonly step: string;
  readonly what: string;
  readonly count: string;
  /** The same two queries after the cut-over, where it renames the column. */
  readonly hidden?: { readonly count: string; readonly sample: string };
  /** A query of one text column: keys of some of the rows. */
  readonly sample: string;
  /** null: nothing can accept it, the rows must be repaired first. */
  readonly flag: "--drop-data" | "--keep-nullable" | "--lose-values" | null;
  /** A column whose NULLs `--fill` can replace instead. */
  readonly fillable?: { readonly table: RelationName; readonly column: string };
}
