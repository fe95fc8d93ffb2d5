import type { ZodType } from "zod";
import type { Phase } from "../model/phase.ts";

/** A step as far as reading a plan needs it. */
export interface StepWord {
  readonly fields: ZodType;
  /** The phases in which it may stand. */
  readonly phases: readonly Phase[];
}

/**
 * The words that a plan may be written in. The compiler passes it in, made from the registries of operations
 * and steps, so that the reader of files depends on neither.
 */
export interface Vocabulary {
  /** By kind: the fields of each operation. */
  readonly operations: Readonly<Record<string, ZodType>>;
  readonly steps: Readonly<Record<string, StepWord>>;
}
