import { Command, CommanderError } from "commander";
import { EXIT, type ExitCode, SegueError, TOOL_VERSION } from "../index.ts";
import { COMMANDS } from "./commands.ts";
import type { Context } from "./context.ts";
import type { Run } from "./declare-command.ts";
import { addGlobalOptions, type GlobalOptions } from "./global-options.ts";
import type { Io } from "./io.ts";
import { openContext } from "./open-context.ts";
import { errorFields, renderError } from "./render-error.ts";
import { colorsFor } from "./terminal.ts";
import { usageError } from "./usage-error.ts";
import { wireLine } from "./wire.ts";

/** Runs the command line. Never throws, never ends the process: the answer is the exit code. */
export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const opened: { context: Context | null } = { context: null };
  const program = createProgram(io);
  const run: Run = async (command, work) => {
    const names = program.commands.map((one) => one.name());
    const context = openContext(io, command.optsWithGlobals<GlobalOptions>(), names);
    opened.context = context;
    context.logger.debug({ command: command.name(), args: command.args, options: context.options }, "command");
    code = await work(context);
  };
  for (const declare of COMMANDS) declare(program, run);
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && isHelp(error))
      return error.code === "commander.help" ? EXIT.usage : EXIT.done;
    return report(program, io, args, opened.context, error);
  }
}

function createProgram(io: Io): Command {
  const program = new Command("segue")
    .description("Zero-downtime expand/contract migrations for PostgreSQL")
    .version(TOOL_VERSION, "-V, --version", "the version of pg-segue")
    .helpOption("-h, --help", "this help")
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      // Told by report(), like every other error.
      outputError: () => {},
    })
    .exitOverride();
  addGlobalOptions(program);
  return program;
}

function isHelp({ code }: CommanderError): boolean {
  return ["commander.help", "commander.helpDisplayed", "commander.version"].includes(code);
}

function report(program: Command, io: Io, args: readonly string[], context: Context | null, thrown: unknown): ExitCode {
  const error = thrown instanceof CommanderError ? usageError(thrown, program, args) : thrown;
  const code = exitCodeOf(error, context);
  const suggest = context?.suggest ?? ((text: string) => text);
  const verbose = context?.options.verbose ?? false;
  if (context?.options.json ?? args.includes("--json"))
    io.stdout.write(wireLine("error", errorFields(error, suggest, code)));
  context?.logger.error({ err: error }, "failed");
  io.stderr.write(renderError(error, { colors: colorsFor(io.stderr, io.env), suggest, verbose }));
  return code;
}

function exitCodeOf(error: unknown, context: Context | null): ExitCode {
  if (!(error instanceof SegueError)) return EXIT.failed;
  return error.code === "SEG0309" && context?.interrupts.received === "SIGTERM" ? EXIT.terminated : error.exitCode;
}
