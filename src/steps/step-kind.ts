import type { ZodType } from "zod";
import type { Catalog, Question } from "../model/catalog.ts";
import type { Effects } from "../model/effects.ts";
import type { Spec } from "../model/plan.ts";
import type { Phase } from "../model/phase.ts";
import type { Hide, Touch, Watch } from "../model/program.ts";
import type { RelationName } from "../model/relation.ts";
import type { RolloutSettings } from "../model/settings.ts";
import type { Loss, Step, Verification } from "../model/step.ts";

/** A step before the compiler gives it its id. */
export type Draft = Step extends infer S ? (S extends Step ? Omit<S, "id"> : never) : never;

/** What one entry of a phase becomes. An entry of contract may hide at the cut-over and drop after the soak. */
export interface Lowered {
  readonly expand?: readonly Draft[];
  readonly backfill?: readonly Draft[];
  /** The end of the backfill, after every other entry's part: what makes it `ready`. */
  readonly ready?: readonly Draft[];
  readonly cutover?: readonly Draft[];
  readonly drop?: readonly Draft[];
  readonly verify?: readonly Verification[];
  /** `step` is filled in by the compiler: the step of this entry that undoes it. */
  readonly losses?: readonly Omit<Loss, "step">[];
  readonly watches?: readonly Watch[];
  /** What the cut-over hides: the dependents gate looks for what still names it. */
  readonly hides?: readonly Hide[];
  /** What it puts itself on a column that the cut-over hides, as model/column-holdings.ts names it. */
  readonly makes?: readonly string[];
  /** What it needs to stay as it is while the rollout is in flight, besides what it touches. */
  readonly reads?: readonly Touch[];
  readonly warnings?: readonly string[];
}

/** What lowering may look at. Pure: the same context and fields give the same steps. */
export interface LowerContext {
  /** The catalog as the entries before this one leave it. */
  readonly catalog: Catalog;
  readonly phase: Phase;
  readonly settings: RolloutSettings;
  /** The plan's id; derived names are made from it, so that two plans never share one. */
  readonly plan: string;
  /** Every entry of the plan, in order: a sync looks up what contract does to its columns. */
  readonly entries: readonly { readonly phase: Phase; readonly spec: Spec }[];
}

/** A primitive of explicit phases. One file a kind. */
export interface StepKind<Fields = never> {
  readonly kind: string;
  /** The fields as a plan writes them, after validation; also the source of the JSON Schema. */
  readonly fields: ZodType<Fields>;
  /** Where it may stand. */
  readonly phases: readonly Phase[];
  tables(fields: Fields, defaultSchema: string): readonly RelationName[];
  touches(fields: Fields, defaultSchema: string): readonly Touch[];
  /** What it does to the schema as far as its fields tell; left out where it only uses its tables. */
  effects?(fields: Fields, defaultSchema: string): Effects;
  /** What only the server knows, asked for entries that a plan writes itself; the answers stand in catalog.facts. */
  questions?(fields: Fields, defaultSchema: string): readonly Question[];
  /** @throws SegueError SEG0101, SEG0102, SEG0103 if the catalog can't take it. */
  lower(fields: Fields, context: LowerContext): Lowered;
  /** The catalog as this entry leaves it for the entries after it; left out where they can't see a difference. */
  after?(fields: Fields, catalog: Catalog): Catalog;
}
