import type { Gate, Spec } from "./plan.ts";
import type { RelationName } from "./relation.ts";
import type { RolloutSettings } from "./settings.ts";
import type { Loss, Step, Verification } from "./step.ts";
import type { Version } from "./versioned.ts";

/** A table, or one column of it, that a rollout works on; overlap with another rollout in flight is refused. */
export interface Touch {
  readonly table: RelationName;
  /** null: the table as a whole. */
  readonly column: string | null;
}

/** What hangs on a column that the cut-over hides, as model/column-holdings.ts names it. */
export interface Holdings {
  readonly table: RelationName;
  readonly column: string;
  /** What stood before the plan began. */
  readonly standing: readonly { readonly what: string; readonly on: string }[];
  /** What stands once the plan's own entries before the cut-over have run. */
  readonly planned: readonly string[];
}

/** What the cut-over takes out of sight: a column, or a table's old name. */
export interface Hide extends Touch {
  /**
   * Of a whole table. `moved`: it stands elsewhere, and its drop follows; a partition is `moved along`. `renamed`: it has
   * a new name, and under the old one there is a view, whose drop follows; until the cut-over that view has the new name.
   */
  readonly whole?: { readonly becomes: "moved" | "moved along" | "renamed"; readonly to: RelationName };
  /** Of a column: names of what names it and moves to its successor in that very moment: `orders_customer_fkey on public.orders`. */
  readonly moves?: readonly string[];
  /** Of a column: the one of the same type that views read in its place from that very moment on, where they can. */
  readonly followed?: string;
}

/** A sync trigger's function that must not be disabled or replaced behind our back. */
export interface Watch {
  readonly table: RelationName;
  readonly triggers: readonly string[];
  readonly function: RelationName;
  /** MD5 of each source that the function has in its life. */
  readonly sources: readonly string[];
}

/** What one operation adds to the inverse of its plan, or why there is none. */
export interface InversePart {
  readonly operations?: readonly Spec[];
  readonly expand?: readonly Spec[];
  readonly backfill?: readonly Spec[];
  readonly contract?: readonly Spec[];
  /** What can't be rebuilt. */
  readonly lost?: readonly string[];
  readonly impossible?: string;
}

/** The plan that builds the old shape again once it was dropped, or why it can't be made. */
export type Inverse =
  | {
      readonly possible: true;
      readonly operations: readonly Spec[];
      readonly expand: readonly Spec[];
      readonly backfill: readonly Spec[];
      readonly contract: readonly Spec[];
      /** What can't be rebuilt. */
      readonly lost: readonly string[];
    }
  | { readonly possible: false; readonly reasons: readonly string[] };

/** A plan compiled against a catalog: all that running, resuming and reversing it needs. Stored in the journal at expand. */
export interface Program {
  /** The format of this data; a reader refuses a newer one. */
  readonly format: 1;
  readonly plan: string;
  readonly planHash: string;
  readonly description: string;
  readonly major: number;
  /** Where unqualified words of the plan are looked up. */
  readonly schema: string;
  readonly expand: readonly Step[];
  readonly backfill: readonly Step[];
  /** All rows must pass, in a pass that repaired nothing, right before the cut-over. */
  readonly verify: readonly Verification[];
  readonly gates: readonly Gate[];
  /** Hides; destroys nothing. */
  readonly cutover: readonly Step[];
  /** Milliseconds between the cut-over and the drop; null if nothing is hidden. */
  readonly soak: number | null;
  /** Ends reversibility. */
  readonly drop: readonly Step[];
  readonly losses: readonly Loss[];
  readonly touches: readonly Touch[];
  /** What its syncs and fills compute from, and what its copies share with other columns: no rollout may change that meanwhile. */
  readonly reads: readonly Touch[];
  readonly watches: readonly Watch[];
  /** Names that the dependents gate looks for again before the cut-over, and the drop before it begins. */
  readonly hides: readonly Hide[];
  /** What hung on these columns when the plan was compiled: the cut-over knows of nothing else. */
  readonly holdings: readonly Holdings[];
  readonly inverse: Inverse;
  readonly settings: RolloutSettings;
  /** Versioned schemas that it makes and takes away. Left out by programs of before there were any. */
  readonly versions?: readonly Version[];
  /** What `segue plan` tells people before anything runs. */
  readonly warnings: readonly string[];
}
