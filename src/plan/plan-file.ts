import type { Problem } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";

/** A plan's file, with the `.down.sql` beside it if it has one. */
export interface PlanFile {
  /** As it is to be shown in messages; its last part is the plan's name. */
  readonly path: string;
  readonly text: string;
  readonly down?: { readonly path: string; readonly text: string };
}

/** A plan, or all that is wrong with its file. */
export type PlanResult =
  | { readonly plan: Plan; readonly problems: null }
  | { readonly plan: null; readonly problems: readonly Problem[] };
