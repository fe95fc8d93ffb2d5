import { createSegue, type SegueEvent, SegueError } from "../index.ts";
import { ask } from "./ask.ts";
import type { Context } from "./context.ts";
import { type GlobalOptions, segueOptions } from "./global-options.ts";
import { Interrupts } from "./interrupts.ts";
import type { Io } from "./io.ts";
import { createLogger } from "./logger.ts";
import { Output } from "./output.ts";
import { Progress } from "./progress.ts";
import { suggester } from "./suggest.ts";
import { canAsk } from "./terminal.ts";

/** `--json` tells of progress once a second and table. */
const PROGRESS_EVERY_MS = 1_000;

/** Puts together what a command works with. Nothing is read or connected to yet. */
export function openContext(io: Io, options: GlobalOptions, commands: readonly string[]): Context {
  const output = new Output(io, options);
  const suggest = suggester(options, commands);
  const logger = createLogger(io, options.verbose === true);
  const progress = new Progress(io, { colors: output.errorColors, suggest, plain: options.verbose === true });
  const interrupts = new Interrupts((signal) => {
    const finishing = "finishing the batch and saving its cursor; once more cancels the statement";
    output.note(`${signal === "SIGINT" ? "^C" : signal} ${finishing}`);
  });
  const wanted = eventFilter();
  let lastPlan: string | null = null;
  const onEvent = (event: SegueEvent): void => {
    lastPlan = event.plan;
    logger.debug(event, event.type);
    if (options.quiet === true) return;
    if (!output.json) progress.onEvent(event);
    else if (wanted(event)) output.object(event.type, event);
  };
  const segue = createSegue({
    ...segueOptions(options),
    cwd: io.cwd,
    env: io.env,
    onEvent,
    onConnect: (connection) => {
      logger.debug(connection, "connected");
      output.connection(connection);
    },
  });
  return {
    io,
    options,
    segue,
    output,
    suggest,
    logger,
    interrupts,
    canAsk: options.input && canAsk(io),
    ask: async (question) => {
      progress.finish();
      return await ask(io, question, interrupts);
    },
    running: async (work) => {
      interrupts.listen();
      try {
        return await work({ signal: interrupts.signal, kill: interrupts.kill });
      } catch (error) {
        throw stopped(error, interrupts, lastPlan);
      } finally {
        interrupts.unlisten();
        progress.finish();
      }
    },
  };
}

/** What breaks once the statement was cancelled is no failure of its own; and who stopped a plan is told how it goes on. */
function stopped(error: unknown, { kill }: Interrupts, plan: string | null): unknown {
  const isStop = (one: unknown): one is SegueError => one instanceof SegueError && one.code === "SEG0309";
  const stop: unknown = kill.aborted && !isStop(error) ? kill.reason : error;
  if (!isStop(stop) || plan === null || stop.next !== "segue resume") return stop;
  const { message, left } = stop;
  const next = `segue resume ${plan}`;
  return new SegueError("SEG0309", { message, next, cause: stop, ...(left === undefined ? {} : { left }) });
}

function eventFilter(): (event: SegueEvent) => boolean {
  const last = new Map<string, number>();
  return (event) => {
    if (event.type !== "progress" || event.done >= event.total) return true;
    const key = `${event.table} ${event.stage}`;
    const now = performance.now();
    if (now - (last.get(key) ?? Number.NEGATIVE_INFINITY) < PROGRESS_EVERY_MS) return false;
    last.set(key, now);
    return true;
  };
}
