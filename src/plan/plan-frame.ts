import { z } from "zod";
import { settings, views } from "./settings.ts";

const planId = z.string().min(1, "a plan's id can't be empty");

/** The top level of a plan. What an entry of `operations`, of a phase or of `gates` may be is checked entry by entry. */
export const planFrame = z.strictObject({
  description: z
    .string()
    .min(1, "a description can't be empty")
    .refine((text) => !text.trimEnd().includes("\n"), { error: "a description is one line" })
    .describe("One line; shown by `segue status` and in the history.")
    .exactOptional(),
  requires: z
    .array(
      z.union([
        planId,
        z.strictObject({
          plan: planId.describe("The id of the other plan."),
          phase: z.exactOptional(
            z.enum(["ready", "completed"]).describe("How far it must have come. Default completed."),
          ),
        }),
      ]),
    )
    .describe("Plans that must be complete before this one's expand starts.")
    .exactOptional(),
  conflicts: z.array(planId).describe("Plans that must not be in flight at the same time.").exactOptional(),
  operations: z
    .array(z.unknown())
    .describe("What changes, in order; compiled to steps of the three phases.")
    .exactOptional(),
  expand: z.array(z.unknown()).describe("Steps: additive, short-lock DDL and the sync.").exactOptional(),
  backfill: z
    .array(z.unknown())
    .describe("Steps: rows are filled, indexes built, constraints validated.")
    .exactOptional(),
  contract: z.array(z.unknown()).describe("Steps: what takes the old shape away.").exactOptional(),
  gates: z.array(z.unknown()).describe("Evidence that contract needs.").exactOptional(),
  views: views.exactOptional(),
  settings: settings.describe("Tunes this plan; the defaults come from segue.yaml.").exactOptional(),
});
export type PlanFrame = z.infer<typeof planFrame>;

/** The lists of entries, and what one of them is called. */
export const LISTS = ["operations", "expand", "backfill", "contract", "gates"] as const;
export type ListName = (typeof LISTS)[number];
