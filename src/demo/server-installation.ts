import { execFile } from "node:child_process";
import { chown, cp, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { ServerAccount } from "./server-account.ts";
import type { ServerBinaries } from "./server-binaries.ts";

const run = promisify(execFile);

/** Programs that an account can run, and the environment that they need. */
export interface ServerInstallation extends ServerBinaries {
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Makes the binaries runnable for `account` (`undefined`: the caller): completes the names of shared libraries that an
 * npm package can't hold, and copies everything into `directory` if it can't be read where it is, as in a private home.
 *
 * @throws Error if the programs do not run, with what they said.
 */
export async function serverInstallation(
  binaries: ServerBinaries,
  directory: string,
  account: ServerAccount | undefined,
): Promise<ServerInstallation> {
  const prefix = dirname(dirname(binaries.postgres));
  const libraries = join(directory, "lib");
  await mkdir(libraries);
  await linkLibraries(prefix, libraries);
  // Both: a library that is found through its link looks for its own ones beside the link.
  const path = [libraries, join(prefix, "lib")].join(delimiter);
  const inPlace = { ...binaries, env: environment({ LD_LIBRARY_PATH: path, DYLD_LIBRARY_PATH: path }) };
  if ((await obstacle(inPlace, directory, account)) === undefined) return inPlace;

  const copy = join(directory, "native");
  // Static libraries are half of the size, and of no use here.
  await cp(prefix, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith(".a") });
  await linkLibraries(copy, join(copy, "lib"));
  if (account !== undefined) await give(copy, account);
  const bin = join(copy, "bin");
  const copied = {
    initdb: join(bin, basename(binaries.initdb)),
    postgres: join(bin, basename(binaries.postgres)),
    env: environment({}),
  };
  const error = await obstacle(copied, directory, account);
  if (error !== undefined) throw error;
  return copied;
}

async function obstacle(
  { initdb, postgres, env }: ServerInstallation,
  cwd: string,
  account: ServerAccount | undefined,
): Promise<Error | undefined> {
  const options = { cwd, env, ...(account && { uid: account.uid, gid: account.gid }) };
  try {
    await run(postgres, ["--version"], options);
    await run(initdb, ["--version"], options);
    return undefined;
  } catch (error) {
    return new Error(`${postgres} does not run${account ? ` as ${account.name}` : ""}: ${String(error)}`, {
      cause: error,
    });
  }
}

/**
 * npm packs no symbolic links: the platform's package lists them, for an install script that npm may not have been
 * allowed to run. Links what is missing.
 */
async function linkLibraries(prefix: string, into: string): Promise<void> {
  const list = await readFile(join(prefix, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    // The paths in the list begin at the package, whose folder "native" is the prefix.
    const path = join(into, basename(target));
    await symlink(resolve(prefix, "..", source), path).catch(() => undefined);
  }
}

async function give(directory: string, account: ServerAccount): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), account.uid, account.gid);
  }
  await chown(directory, account.uid, account.gid);
}

/** The caller's environment without PostgreSQL's variables, which are meant for other servers. */
function environment(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("PG") && !name.startsWith("LC_"));
  return { ...Object.fromEntries(own), LC_ALL: "C", ...more };
}
