import type { Logger } from "pino";
import type { Segue } from "../index.ts";
import type { GlobalOptions } from "./global-options.ts";
import type { Interrupts } from "./interrupts.ts";
import type { Io } from "./io.ts";
import type { Output } from "./output.ts";
import type { Suggest } from "./suggest.ts";

/** How a person stops a verb: at its next checkpoint, or in the middle of a statement. */
export interface StopSignals {
  readonly signal: AbortSignal;
  readonly kill: AbortSignal;
}

/** What a command works with. */
export interface Context {
  readonly io: Io;
  readonly options: GlobalOptions;
  readonly segue: Segue;
  readonly output: Output;
  readonly suggest: Suggest;
  readonly logger: Logger;
  readonly interrupts: Interrupts;
  /** True if a person sits there and may be asked. */
  readonly canAsk: boolean;
  /** @throws SegueError SEG0309 on Ctrl-C */
  ask(question: string): Promise<boolean>;
  /** Runs a verb that Ctrl-C stops at its next checkpoint. */
  running<T>(work: (verb: StopSignals) => Promise<T>): Promise<T>;
}
