import { relationKey, type RelationName } from "../model/relation.ts";
import type { ClaimKeeper } from "./claim-keeper.ts";
import type { ColdVacuum } from "./cold-vacuum.ts";
import type { Extent } from "./extents.ts";
import type { HotWatch } from "./hot-watch.ts";
import type { BatchStep } from "./lane.ts";
import { type Leaf, readTree, type Tree } from "./leaves.ts";
import type { Brake } from "./throttle/brake.ts";
import type { Tracker } from "./tracker.ts";
import type { Worker } from "./worker.ts";

/** One step's work in one process, shared by its workers. */
export interface Fill {
  readonly step: BatchStep;
  /** Holds all workers of the process. */
  readonly brake: Brake;
  readonly tracker: Tracker;
  readonly hotWatch: HotWatch;
  readonly coldVacuum: ColdVacuum;
  readonly keeper: ClaimKeeper;
  /** As it was read last. */
  tree: Tree;
  /** Aborted when one worker has failed: the others stop at their next batch. */
  readonly stop: AbortController;
  /** Ids of extents whose table is no leaf any more. */
  readonly passed: Set<string>;
}

/** The table whose blocks are walked. */
function walkedTable(step: BatchStep): RelationName {
  return step.kind === "rows" ? step.list : step.table;
}

/** The columns by which rows are put aside. */
export function keyOf(step: BatchStep, tree: Tree): readonly string[] {
  return step.kind === "rows" ? step.key : tree.primaryKey;
}

/** Where a primary key names a row in the whole table, rows are filed under the table; else under their leaf, by ctid. */
export function filedUnder({ step, tree }: Pick<Fill, "step" | "tree">, leaf: Leaf): RelationName {
  return keyOf(step, tree).length > 0 ? step.table : leaf.table;
}

/** The leaf that an extent is of; undefined if it was dropped or detached. */
export function leafOf(tree: Tree, { table }: Pick<Extent, "table">): Leaf | undefined {
  return tree.leaves.find((leaf) => relationKey(leaf.table) === relationKey(table));
}

export async function readFillTree(worker: Worker, step: BatchStep): Promise<Tree> {
  return await readTree(walkedTable(step), (sql, values) => worker.ask(sql, values));
}
