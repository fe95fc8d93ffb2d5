import pg from "pg";
import { onTestFinished } from "vitest";
import { startTestServer } from "../support/servers.ts";
import type { Queryable } from "./fill-database.ts";

/** A server of its own: a transaction that writes in any of its databases keeps updates from being HOT. */
export async function ownServer(major: number): Promise<Queryable> {
  const server = await startTestServer({ major, settings: { autovacuum: "off" } });
  onTestFinished(() => server.stop("immediate"));
  const pool = new pg.Pool({ connectionString: server.url, max: 2 });
  pool.on("error", () => undefined);
  onTestFinished(() => pool.end());
  return { url: server.url, query: async (text, values) => (await pool.query(text, values)).rows };
}
