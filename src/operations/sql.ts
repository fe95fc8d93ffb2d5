import { z } from "zod";
import { PHASES } from "../model/phase.ts";
import { sqlFields } from "../steps/sql.ts";
import type { Operation } from "./operation.ts";

const fields = sqlFields
  .extend({ phase: z.enum(PHASES).optional().describe("Where it runs; default `expand`.") })
  .describe("Runs SQL as it is written, in a phase of your choice.");
type SqlFields = z.infer<typeof fields>;

/** Runs SQL as it is written, in a phase of the plan's choice. */
export const sql: Operation<SqlFields> = {
  kind: "sql",
  fields,
  tables: () => [],
  touches: () => [],
  compile({ phase = "expand", ...script }) {
    return { expand: [], backfill: [], contract: [], [phase]: [{ kind: "sql", fields: script }] };
  },
  after: (_, catalog) => catalog,
  inverse: (written) =>
    written.down === undefined
      ? { impossible: "an sql operation has no `down`" }
      : { operations: [{ kind: "sql", fields: { ...written, up: written.down, down: written.up } }] },
};
