import { type Command, InvalidArgumentError } from "commander";
import { parseDuration, type SegueOptions } from "../index.ts";

/** Flags that every command takes. */
export interface GlobalOptions {
  readonly url?: string;
  readonly env?: string;
  readonly config?: string;
  readonly plans?: string;
  readonly schema?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  /** False with `--no-input`. */
  readonly input: boolean;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  /** Milliseconds. */
  readonly lockTimeout?: number;
  /** Milliseconds. */
  readonly lockBudget?: number;
}

/** Declares the flags of every command. */
export function addGlobalOptions(program: Command): void {
  program
    .option("--url <url>", "the database: postgres://…")
    .option("--env <name>", "an environment of segue.yaml")
    .option("--config <file>", "segue.yaml; else it is looked for upward from here")
    .option("--plans <folder>", "the folder of plans")
    .option("--schema <name>", "where names without a schema live")
    .option("--json", "one JSON object a line on stdout")
    .option("--yes", "confirms what can't be taken back")
    .option("--no-input", "never ask")
    .option("-v, --verbose", "log to stderr; stack traces")
    .option("-q, --quiet", "no progress")
    .option("--lock-timeout <duration>", "how long one attempt at a strong lock waits", timeoutOf)
    .option("--lock-budget <duration>", "how long such attempts go on", timeoutOf);
}

/** A duration as commander's argument parser: milliseconds. */
export function durationOf(text: string): number {
  const length = parseDuration(text);
  if (length === null)
    throw new InvalidArgumentError("a duration is a whole number with a unit: `250ms`, `5s`, `10m`, `24h`, `7d`");
  return length;
}

/** lock_timeout is a 32-bit number of milliseconds, and 0 would mean "wait forever". */
function timeoutOf(text: string): number {
  const length = durationOf(text);
  if (length === 0 || length > 24 * 86_400_000)
    throw new InvalidArgumentError("a lock timeout lies between 1ms and 24d");
  return length;
}

/** What createSegue() is told of the flags. */
export function segueOptions(options: GlobalOptions): SegueOptions {
  const { lockTimeout: timeout, lockBudget: budget } = options;
  const lock = { ...(timeout === undefined ? {} : { timeout }), ...(budget === undefined ? {} : { budget }) };
  return {
    url: options.url,
    environment: options.env,
    config: options.config,
    plans: options.plans,
    schema: options.schema,
    ...(Object.keys(lock).length === 0 ? {} : { settings: { lock } }),
  };
}
