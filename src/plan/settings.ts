import { z } from "zod";
import type { PartialSettings } from "../model/settings.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { throttleFields } from "./throttle-fields.ts";

const WRITTEN = "a duration is a whole number with a unit: `250ms`, `5s`, `10m`, `24h`, `7d`";
/** lock_timeout and its kin are 32-bit milliseconds: a little under 25 days. */
const LONGEST_TIMEOUT = 24 * 86_400_000;

/** A duration as text; milliseconds after validation. */
const duration = durationOf({ least: 0, most: 3653 * 86_400_000 });
/** PostgreSQL reads a timeout of 0 as "wait forever": the opposite of what a small number asks for. */
const timeout = durationOf({ least: 1, most: LONGEST_TIMEOUT });
const queryTimeout = durationOf({ least: 1, most: 10_000 });

const count = (least: number, most: number) => z.number().int().min(least).max(most);

const SHARES = "a share of the table, 1% to 100%: `10%`";
const VACUUM = "`off`, or a mapping of `every`: `{ every: 10% }`";
const vacuum = z.union(
  [
    z.literal("off"),
    z.strictObject({
      every: z
        .string({ error: SHARES })
        .regex(/^(100|[1-9]\d?)%$/, SHARES)
        .transform((text) => Number.parseInt(text, 10) / 100),
    }),
  ],
  { error: VACUUM },
);

/** Settings as a plan or segue.yaml writes them: every part optional, nothing unknown. */
export const settings = z.strictObject({
  lock: z
    .strictObject({
      timeout: z.exactOptional(timeout.describe("How long one attempt at a strong lock waits. Default 500ms.")),
      budget: z.exactOptional(timeout.describe("How long attempts go on before the step fails. Default 10m.")),
    })
    .exactOptional(),
  backfill: z
    .strictObject({
      batch_time: z.exactOptional(timeout.describe("What one batch may take when the table is quiet. Default 50ms.")),
      batch_time_busy: z.exactOptional(timeout.describe("What one batch may take while sessions wait. Default 10ms.")),
      workers: z.exactOptional(
        count(1, 64).describe("The most connections that fill, and verify, side by side in one process. Default 1."),
      ),
      user_triggers: z.exactOptional(
        z.enum(["fire", "skip"]).describe("Whether the application's own triggers fire for filled rows. Default fire."),
      ),
      quarantine_limit: z.exactOptional(
        count(0, 1_000_000).describe("Rows that may be put aside before the fill stops. Default 100."),
      ),
      vacuum: vacuum
        .describe("How often a table is vacuumed whose updates can't be HOT. Default { every: 10% }.")
        .exactOptional(),
      throttle: throttleFields(duration, queryTimeout, WRITTEN).describe("What the fill gives way to.").exactOptional(),
    })
    .exactOptional(),
  contract: z
    .strictObject({
      soak: z.exactOptional(duration.describe("How long the old shape stays hidden, before the drop. Default 24h.")),
      auto: z.exactOptional(z.boolean().describe("Contract without being asked, by `segue up`. Default false.")),
    })
    .exactOptional(),
  ignore_dependents: z.exactOptional(
    z
      .array(z.string().min(1, "a name can't be empty"))
      .describe("Dependents declared harmless, as `segue plan` names them."),
  ),
}) satisfies z.ZodType<PartialSettings>;

/** Stands beside `settings`, in a plan and in segue.yaml. */
export const views = z
  .boolean()
  .describe(
    "Whether a schema of views, <schema>_<version>, shows the tables as the new version wants them. Default false.",
  );

function durationOf({ least, most }: { least: number; most: number }) {
  return z
    .string({ error: WRITTEN })
    .regex(/^\d{1,12}(ms|s|m|h|d)$/, WRITTEN)
    .transform((text, context): number => {
      const length = parseDuration(text);
      if (length === null || length > most) {
        context.addIssue({ code: "custom", message: `${text} is too long; at most ${formatDuration(most)}` });
        return z.NEVER;
      }
      if (length < least) {
        context.addIssue({
          code: "custom",
          message: `${text} would be taken by PostgreSQL for "wait forever"; a timeout is over zero`,
        });
        return z.NEVER;
      }
      return length;
    });
}
