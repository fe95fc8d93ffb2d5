import { z } from "zod";

/** The gates that a plan may write; verification and dependents are always asked for. */
export const GATE_FIELDS = {
  approval: z
    .strictObject({
      by: z.string().min(1, "a label can't be empty").describe("The label that `segue approve --as` must give."),
    })
    .describe("Somebody has approved the contract."),
  query: z
    .strictObject({
      sql: z.string().min(1, "a query can't be empty").describe("One SELECT of one value."),
      is: z.union([z.string(), z.number(), z.boolean()]).transform(String).describe("What the value must be, as text."),
    })
    .describe("A query of your own gives the expected value."),
} as const;

/** Words of the format for gates that this version does not have: refused, since a gate left out is a gate that holds. */
export const UNSUPPORTED_GATES = ["old_writes", "old_reads", "sessions", "brownout"] as const;

/** Always asked for; writing them would say that they could be left out. */
export const IMPLICIT_GATES = ["verification", "dependents"] as const;
