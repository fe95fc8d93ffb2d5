import { execFile } from "node:child_process";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { until } from "./until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const LOCK = join(root, ".cache", "building");
const BUILD_TIMEOUT_MS = 120_000;

/** Builds `dist`, which child processes run, unless it is as new as `src`. Test files that ask at once take turns. */
export async function buildDist(): Promise<void> {
  await mkdir(join(root, ".cache"), { recursive: true });
  await until(() => mkdir(LOCK).then(() => true, isTaken), BUILD_TIMEOUT_MS);
  try {
    if (!(await isStale())) return;
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    await promisify(execFile)(process.execPath, [compiler, "-p", join(root, "tsconfig.build.json")]);
  } finally {
    await rm(LOCK, { recursive: true });
  }
}

/** A lock that a killed process left behind is taken off. */
async function isTaken(error: NodeJS.ErrnoException): Promise<boolean> {
  if (error.code !== "EEXIST") throw error;
  const age = Date.now() - (await stat(LOCK).then((found) => found.mtimeMs, () => Date.now()));
  if (age > BUILD_TIMEOUT_MS / 2) await rm(LOCK, { recursive: true, force: true });
  return false;
}

async function isStale(): Promise<boolean> {
  const built = await stat(join(root, "dist/index.js")).then((found) => found.mtimeMs, () => 0);
  const sources = await readdir(join(root, "src"), { recursive: true });
  const times = await Promise.all(sources.map(async (path) => (await stat(join(root, "src", path))).mtimeMs));
  return Math.max(...times) > built;
}
