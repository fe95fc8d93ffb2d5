import type { ZodType } from "zod";
import type { Catalog, Question } from "../model/catalog.ts";
import type { Effects } from "../model/effects.ts";
import type { Spec } from "../model/plan.ts";
import type { InversePart, Touch } from "../model/program.ts";
import type { RelationName } from "../model/relation.ts";

/** What an operation compiles to: entries of explicit phases, the same that `segue plan --explain` prints. */
export interface Phases {
  readonly expand: readonly Spec[];
  readonly backfill: readonly Spec[];
  readonly contract: readonly Spec[];
  /** What people should know before it runs. */
  readonly warnings?: readonly string[];
}

/** A recipe: says what changes, and compiles to the steps that do it. Pure. One file an operation. */
export interface Operation<Fields = never> {
  readonly kind: string;
  readonly fields: ZodType<Fields>;
  /** The tables that must be read into the catalog. */
  tables(fields: Fields, defaultSchema: string): readonly RelationName[];
  /** What the rollout works on, for conflicts between plans and overlap of rollouts. */
  touches(fields: Fields, defaultSchema: string): readonly Touch[];
  /** What it does to the schema as far as its fields tell; left out where it only uses its tables. */
  effects?(fields: Fields, defaultSchema: string): Effects;
  /** What only the server knows; the answers stand in catalog.facts. */
  questions?(fields: Fields, defaultSchema: string): readonly Question[];
  /** Columns that may be a key: the tables that reference them, through others too, stand in the catalog. */
  referenced?(fields: Fields, defaultSchema: string): readonly Touch[];
  /** Enums: every table with a column of one stands in the catalog. */
  enums?(fields: Fields, defaultSchema: string): readonly RelationName[];
  /** @throws SegueError SEG0101, SEG0102, SEG0103 if the catalog can't take it. */
  compile(fields: Fields, catalog: Catalog): Phases;
  /** The catalog as this operation leaves it, as far as later operations of the plan can see. */
  after(fields: Fields, catalog: Catalog): Catalog;
  /** What takes it back once it is completed, as a rollout of its own; `before` is the catalog that it found. */
  inverse(fields: Fields, before: Catalog): InversePart;
}
