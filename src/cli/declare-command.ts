import type { Command } from "commander";
import type { ExitCode } from "../index.ts";
import type { Context } from "./context.ts";

/** How a command's work is run: with its context, the result being the exit code. */
export type Run = (command: Command, work: (context: Context) => Promise<ExitCode>) => Promise<void>;

/** Declares one command. */
export type DeclareCommand = (program: Command, run: Run) => void;
