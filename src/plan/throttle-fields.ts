import { z, type ZodType } from "zod";
import type { PartialThrottle, Sessions, Thresholds } from "../model/settings.ts";
import { parseSize } from "./size.ts";

const SIZES = "a size is a whole number with a unit: `512kB`, `64MB`, `10GB`, `1TB`";
const size = z
  .string({ error: SIZES })
  .regex(/^\d{1,9}(kB|MB|GB|TB)$/, SIZES)
  .transform((text, context): number => {
    const bytes = parseSize(text);
    if (bytes !== null) return bytes;
    context.addIssue({ code: "custom", message: `${text} is too large; at most 1024TB` });
    return z.NEVER;
  });

const number = z.number();
const whole = z.number().int().min(0);

const SHARES = 'a whole number of sessions, or a share of max_connections: `80`, `"60%"`';
const sessions = z
  .union([whole, z.string().regex(/^(100|[1-9]?\d)%$/, SHARES)], { error: SHARES })
  .transform((value) => value as Sessions);

const MEANT = {
  slow: "Smaller batches above this.",
  stop: "Stop above this.",
  resume: "Once stopped, go on at or below this.",
};

/** `slow`, `stop` and `resume` of one signal, in its unit. */
function thresholds<Value extends ZodType<number | Sessions>>(value: Value) {
  return {
    slow: z.exactOptional(value.nullable().describe(MEANT.slow)),
    stop: z.exactOptional(value.nullable().describe(MEANT.stop)),
    resume: z.exactOptional(value.nullable().describe(MEANT.resume)),
  };
}

type Issues = { addIssue(issue: { code: "custom"; message: string; path?: string[] }): void };

function requireOrder({ slow, stop, resume }: Thresholds<Sessions>, context: Issues): void {
  if (isOver(slow, stop))
    context.addIssue({ code: "custom", path: ["slow"], message: "above `stop`, which stops before it is reached" });
  if (isOver(resume, stop))
    context.addIssue({
      code: "custom",
      path: ["resume"],
      message: "above `stop`: it would go on while it has to stop",
    });
}

/** Of a number and a share nobody knows here. */
function isOver(one: Sessions | null | undefined, other: Sessions | null | undefined): boolean {
  if (one == null || other == null || typeof one !== typeof other) return false;
  return Number.parseFloat(String(one)) > Number.parseFloat(String(other));
}

/** One signal: a value, which is its `stop`, or thresholds; null turns it off. */
function signal<Value extends ZodType<number | Sessions>>(value: Value, written: string, about: string) {
  const long = z.strictObject(thresholds(value)).superRefine(requireOrder);
  return z.exactOptional(
    z
      .union([value, long], { error: `${written}, or a mapping of \`slow\`, \`stop\` and \`resume\`` })
      .nullable()
      .describe(about),
  );
}

const sql = z.string().min(1, "a query can't be empty");
const queryName = z.string().regex(/^[a-z][a-z0-9_]{0,40}$/, "lower-case letters, digits and _ are expected");

/** `settings.backfill.throttle`: each signal with its thresholds. */
export function throttleFields(duration: ZodType<number, string>, timeout: ZodType<number, string>, written: string) {
  return z.strictObject({
    replica_lag: signal(duration, written, "How far a replica's replay may be behind; null: not watched. Default 5s."),
    replica_lag_bytes: signal(size, SIZES, "How many bytes of WAL a replica's replay may be behind. Default null."),
    slot_wal: signal(size, SIZES, "How much WAL the server may keep for a replication slot. Default null."),
    archive_backlog: signal(
      whole,
      "a whole number of files",
      "How many WAL files may wait for the archive. Default null.",
    ),
    waiting_sessions: signal(
      whole,
      "a whole number of sessions",
      "How many sessions may be seen waiting for the fill's batches. Default { slow: 0 }.",
    ),
    active_sessions: signal(
      sessions,
      SHARES,
      "How many client sessions may be active, or which share of max_connections. Default null.",
    ),
    probe: z.exactOptional(
      z
        .union(
          [
            duration,
            z
              .strictObject({
                sql: z.exactOptional(sql.describe("One SELECT; else a cheap one.")),
                ...thresholds(duration),
              })
              .superRefine(requireOrder),
          ],
          { error: `${written}, or a mapping of \`sql\`, \`slow\`, \`stop\` and \`resume\`` },
        )
        .nullable()
        .describe("What a query may take, as a client sees it. Default null."),
    ),
    queries: z.exactOptional(
      z
        .record(
          queryName,
          z
            .strictObject({
              sql: sql.describe("One SELECT of a number, or of a boolean: true stops."),
              ...thresholds(number),
              timeout: z.exactOptional(timeout.describe("What it may take. Default 1s.")),
            })
            .superRefine(requireOrder)
            .nullable(),
        )
        .describe("Queries of your own, by name. Default none."),
    ),
    slow_ratio: z.exactOptional(
      z.number().min(0).max(100).describe("Time slept per time worked while a signal is above its `slow`. Default 0."),
    ),
  }) satisfies z.ZodType<PartialThrottle>;
}
