/** The three phases of a rollout, in the order in which they run. */
export const PHASES = ["expand", "backfill", "contract"] as const;
export type Phase = (typeof PHASES)[number];

/**
 * The stretches of a program that are run in one go. Contract has two, with the soak between them:
 * `cutover` hides and destroys nothing, `drop` ends reversibility. `reverse` holds the undo steps of a reversal.
 */
export type Stage = "expand" | "backfill" | "cutover" | "drop" | "reverse";
