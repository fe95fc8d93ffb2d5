import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** One line that a command printed with `--json`: its type, and whatever else it has. */
export type WireEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

/** Where commands run, and on which database. */
export interface CommandPlace {
  /** The folder with the plans. */
  readonly folder: string;
  readonly url: string;
  /** Aborted: the command is ended. */
  readonly signal: AbortSignal;
}

/** How a command ended. */
export interface CommandResult {
  /** null if a signal ended it. */
  readonly exitCode: number | null;
  /** What it wrote for people. */
  readonly stderr: string;
}

/** A command that runs: a process of its own, as a person would start it. */
export interface RunningCommand {
  readonly pid: number | undefined;
  readonly ended: Promise<CommandResult>;
  /** Ends it as `kill -9` does: nothing of it gets to say goodbye. */
  readonly kill: () => void;
}

const CLI = fileURLToPath(new URL("../cli/main.js", import.meta.url));
/** Of the caller's environment only what a process needs: no other database, no other configuration. */
const KEPT = ["PATH", "HOME", "LANG", "TMPDIR", "TEMP", "TMP", "SystemRoot"];

/** Starts `segue <words>` in the demo's folder, and tells of each event as it comes. */
export function startSegue(
  place: CommandPlace,
  words: readonly string[],
  onEvent: (event: WireEvent) => void,
): RunningCommand {
  place.signal.throwIfAborted();
  const child = spawn(process.execPath, [CLI, ...words, "--json"], {
    cwd: place.folder,
    env: { ...keptEnvironment(), SEGUE_DATABASE_URL: place.url },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: a Ctrl-C in the terminal is the demo's to pass on, once.
    detached: true,
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const lines = createInterface({ input: child.stdout }).on("line", (line) => {
    const event = parsed(line);
    if (event !== null) onEvent(event);
  });
  const stop = (): void => void child.kill("SIGKILL");
  place.signal.addEventListener("abort", stop, { once: true });
  const ended = (async (): Promise<CommandResult> => {
    try {
      // Both: the last lines may come after the process has ended.
      const [[exitCode]] = (await Promise.all([once(child, "close"), once(lines, "close")])) as [
        [number | null],
        unknown,
      ];
      return { exitCode, stderr };
    } finally {
      place.signal.removeEventListener("abort", stop);
    }
  })();
  return { pid: child.pid, ended, kill: stop };
}

function keptEnvironment(): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = {};
  for (const name of KEPT) if (process.env[name] !== undefined) kept[name] = process.env[name];
  return kept;
}

/** null for half a line: the last words of a process that was killed. */
function parsed(line: string): WireEvent | null {
  try {
    return JSON.parse(line) as WireEvent;
  } catch {
    return null;
  }
}
