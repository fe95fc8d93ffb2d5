import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { SegueEvent } from "../../src/index.ts";
import { buildIfStale } from "../cli/build.ts";

const SCRIPT = fileURLToPath(new URL("runner.mjs", import.meta.url));

export type RunnerVerb = "expand" | "backfill" | "contract" | "reverse" | "resume";

export interface RunnerRequest {
  readonly url: string;
  /** The folder of plans. */
  readonly plans: string;
  readonly plan: string;
  /** Run one after the other; `contract` with its drop confirmed. */
  readonly verbs: readonly RunnerVerb[];
  /** Settings of the failpoints (src/postgres/failpoint.ts). */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunnerEnd {
  /** null if a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** null if all verbs succeeded, and if a signal ended the process. */
  readonly error: { readonly code?: string; readonly message: string } | null;
}

/** A process of its own that runs Segue; it is killed if it outlives the test. */
export class RunnerProcess {
  /** How it names itself in the lease ends with it. */
  readonly pid: number;
  readonly events: SegueEvent[] = [];
  readonly ended: Promise<RunnerEnd>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();

  constructor(request: RunnerRequest) {
    const { url, plans, plan, verbs, env } = request;
    const child = spawn(process.execPath, [SCRIPT, plans, plan, ...verbs], {
      cwd: plans,
      env: { PATH: process.env["PATH"], SEGUE_DATABASE_URL: url, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.pid = child.pid ?? 0;
    createInterface(child.stdout).on("line", (line) => {
      this.events.push(JSON.parse(line) as SegueEvent);
      this.#wake();
    });
    this.ended = this.#end(text(child.stderr));
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await this.ended;
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for an event of this type; fails if the process ends without one. */
  async event(type: SegueEvent["type"]): Promise<SegueEvent> {
    for (;;) {
      const found = this.events.find((event) => event.type === type);
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`no event "${type}" before the end: ${JSON.stringify(await this.ended)}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  async #end(stderr: Promise<string>): Promise<RunnerEnd> {
    const [exitCode, signal] = (await once(this.#child, "close")) as [number | null, NodeJS.Signals | null];
    this.#wake();
    const said = await stderr;
    return { exitCode, signal, error: said === "" ? null : errorOf(said) };
  }
}

/** Starts a process that runs verbs of one plan. */
export async function startRunner(request: RunnerRequest): Promise<RunnerProcess> {
  await buildIfStale();
  return new RunnerProcess(request);
}

function errorOf(stderr: string): RunnerEnd["error"] {
  const line = stderr.split("\n").find((candidate) => candidate.startsWith("{"));
  return line === undefined ? { message: stderr } : (JSON.parse(line) as { code?: string; message: string });
}
