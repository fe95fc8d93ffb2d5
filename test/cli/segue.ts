import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { until } from "../support/until.ts";
import { buildIfStale, MAIN } from "./build.ts";

/** A folder in which a person works: plans, segue.yaml, and the environment of the shell. */
export interface Project {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface ProjectFiles {
  /** By path below the folder: `plans/1_a.yaml`. */
  readonly files?: Readonly<Record<string, string>>;
  /** DATABASE_URL. */
  readonly url?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

/** Makes a folder that goes when the test ends. Of this process's environment nothing but PATH is passed on. */
export function project({ files = {}, url, env = {} }: ProjectFiles = {}): Project {
  const folder = mkdtempSync(join(tmpdir(), "segue-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) write({ folder, env }, path, text);
  const base = { PATH: process.env["PATH"] ?? "", HOME: folder, USER: "tester" };
  return { folder, env: { ...base, ...(url === undefined ? {} : { DATABASE_URL: url }), ...env } };
}

/** Writes a file of the project. */
export function write({ folder }: Project, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

export interface Finished {
  /** null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  /** Without the line that names the connection. */
  readonly stderr: string;
  /** That line. */
  readonly connection: string | null;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Finished>;
  /** What has come so far. */
  stdout(): string;
  stderr(): string;
  /** Returns once stdout or stderr holds the text; fails if the process ends without. */
  saying(text: string): Promise<void>;
}

/** Starts `segue <args>` as a shell would, without a terminal. */
export async function start({ folder, env }: Project, ...args: readonly string[]): Promise<Running> {
  await buildIfStale();
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  let isOver = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([code]): Finished => {
    isOver = true;
    const [, connection = null, rest = stderr] = /^(postgres:\/\/\S+ \(.*\n)?([^]*)$/.exec(stderr) ?? [];
    return { code: code as number | null, stdout, stderr: rest, connection };
  });
  const saying = async (text: string): Promise<void> => {
    await until(async () => {
      if (stdout.includes(text) || stderr.includes(text)) return true;
      if (isOver) throw new Error(`It ended without saying "${text}":\n${stdout}\n${stderr}`);
      return false;
    }, 60_000);
  };
  return { child, ended, stdout: () => stdout, stderr: () => stderr, saying };
}

/** Runs `segue <args>` to its end. */
export async function segue(where: Project, ...args: readonly string[]): Promise<Finished> {
  const { ended } = await start(where, ...args);
  return await ended;
}

export interface WireObject extends Readonly<Record<string, unknown>> {
  readonly type: string;
}

/** The lines of `--json`. */
export function objects({ stdout }: Pick<Finished, "stdout">): WireObject[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as WireObject);
}
