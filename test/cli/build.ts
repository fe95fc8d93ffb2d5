import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** What the tests start: the file behind npm's bin. */
export const MAIN = join(root, "dist/cli/main.js");
const LOCK = join(root, ".cache/build.lock");
const LOCK_STALE_MS = 120_000;

let built: Promise<void> | null = null;

/** Compiles src if it is newer than dist. Test files run side by side: one compiles, the others wait. */
export async function buildIfStale(): Promise<void> {
  built ??= build();
  await built;
}

async function build(): Promise<void> {
  // While a build runs, some of dist is new and some is not.
  while (timeOf(LOCK) !== undefined || newest(join(root, "src")) > (timeOf(MAIN) ?? 0)) {
    if (!lock()) {
      await pause(100);
      continue;
    }
    try {
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      await promisify(execFile)(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root });
    } finally {
      rmSync(LOCK, { recursive: true, force: true });
    }
  }
}

function lock(): boolean {
  mkdirSync(join(root, ".cache"), { recursive: true });
  if (Date.now() - (timeOf(LOCK) ?? Date.now()) > LOCK_STALE_MS) rmSync(LOCK, { recursive: true, force: true });
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    return false;
  }
}

function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return Math.max(...files.map((path) => timeOf(join(folder, path)) ?? 0));
}

function timeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
