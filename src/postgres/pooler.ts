import type { Client } from "pg";
import { SegueError } from "../model/errors.ts";
import { announcedPid, newClient, serverPid, type SessionTarget } from "./connect.ts";

/**
 * What stands between the client and the server. `session`: one server connection a client, as good as none.
 * `transaction` (or statement): another server connection each time, so that advisory locks, settings and LISTEN are
 * somebody else's a moment later.
 */
export type PoolerMode = "none" | "session" | "transaction";

/**
 * Finds a pooler by what it does, not by its port. A process id announced at connect that is not the server's own
 * tells that one is there; a second client that is given the first one's server process, or a first one whose
 * process moves when a second one comes, tells its mode. Tried with PgBouncer 1.18 in both modes.
 *
 * @throws SegueError SEG0201 if it can't connect
 */
export async function detectPooler(target: SessionTarget, timeout = 5_000): Promise<PoolerMode> {
  return await withClient(target, async (first) => {
    const pid = await serverPid(first);
    if (pid === announcedPid(first)) return "none";
    return await withClient(target, async (second) => {
      // A session pooler with no server connection left keeps the second client waiting.
      const other = await withinTime(beginAndTellPid(second), timeout);
      if (other === "refused") return "transaction";
      if (other === "timed out") return "session";
      if (other === pid) return "transaction";
      const again = await withinTime(serverPid(first), timeout);
      return again === pid ? "session" : "transaction";
    });
  });
}

/**
 * @throws SegueError SEG0202 if the mode is `transaction`
 */
export function requireDirect(mode: PoolerMode): void {
  if (mode !== "transaction") return;
  throw new SegueError("SEG0202", {
    message:
      "The connection goes through a pooler in transaction mode: each transaction may get another server session, so " +
      "advisory locks, lock_timeout and LISTEN do not hold",
    next:
      "Give the server's own address, or a pooler in session mode (PgBouncer: pool_mode = session; Supabase: port 5432), " +
      "in --url, SEGUE_DATABASE_URL or DIRECT_URL",
  });
}

async function beginAndTellPid(client: Client): Promise<number | "refused"> {
  try {
    await client.query("BEGIN");
    return await serverPid(client);
  } catch {
    // A statement-mode pooler takes no BEGIN.
    return "refused";
  }
}

async function withClient<T>(target: SessionTarget, work: (client: Client) => Promise<T>): Promise<T> {
  const client = newClient(target, { applicationName: "segue/pooler" });
  try {
    await client.connect();
  } catch (error) {
    void client.end().catch(() => {});
    const why = error instanceof Error ? error.message : String(error);
    throw new SegueError("SEG0201", { message: `Can't connect: ${why}`, next: "segue doctor", cause: error });
  }
  try {
    return await work(client);
  } finally {
    // A query that never got its server connection is given up with the socket.
    await client.end().catch(() => {});
  }
}

async function withinTime<T>(work: Promise<T>, ms: number): Promise<T | "timed out"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"timed out">((resolve) => {
    timer = setTimeout(() => resolve("timed out"), ms);
  });
  try {
    return await Promise.race([work.catch(() => "timed out" as const), late]);
  } finally {
    clearTimeout(timer);
  }
}
