import { SegueError } from "../model/errors.ts";
import type { Session } from "./session.ts";
import { parseSessionName } from "./session-name.ts";
import { sleep } from "./sleep.ts";
import { SQLSTATE, sqlstateOf } from "./sqlstate.ts";

export interface OrphanPatience {
  /** Milliseconds that a concurrent index build and its like get to finish by themselves before they are cancelled. */
  readonly patience: number;
  /** Milliseconds until a session that was told to end must be gone; 30 s by default. */
  readonly deadline?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onWait?: (orphan: Orphan) => void;
}

/** A session of an earlier epoch: its client may be dead, but its statement runs on. */
export interface Orphan {
  readonly pid: number;
  readonly application: string;
  readonly epoch: number;
  readonly state: string | null;
  readonly query: string | null;
}

/** What became of an orphan: `finished` by itself within the patience, `cancelled` after it, `terminated` at once. */
export interface SettledOrphan extends Orphan {
  readonly deed: "terminated" | "cancelled" | "finished";
}

/**
 * Ends what earlier epochs of a rollout left on the server, and returns when it is gone. To be called after the
 * epoch was raised: from then on no transaction of theirs can commit, so theirs are terminated at once, and so
 * are idle sessions. What runs outside a transaction (CREATE INDEX CONCURRENTLY …) is of use if it finishes.
 *
 * @throws SegueError SEG0207 if the sessions are another role's; SEG0305 if one does not end
 */
export async function settleOrphans(
  session: Session,
  rolloutId: string,
  epoch: number,
  options: OrphanPatience,
): Promise<readonly SettledOrphan[]> {
  const started = performance.now();
  const settled = new Map<number, SettledOrphan>();
  for (;;) {
    const orphans = await findOrphans(session, rolloutId, epoch);
    if (orphans.length === 0) return [...settled.values()];
    const elapsed = performance.now() - started;
    if (elapsed > options.patience + (options.deadline ?? 30_000)) throw stuck(orphans);
    for (const orphan of orphans) {
      const useful = runsConcurrently(orphan);
      if (!settled.has(orphan.pid)) {
        settled.set(orphan.pid, { ...orphan, deed: useful ? "finished" : "terminated" });
        if (useful) options.onWait?.(orphan);
      }
      if (useful && elapsed < options.patience) continue;
      if (useful) settled.set(orphan.pid, { ...orphan, deed: "cancelled" });
      await terminate(session, orphan);
    }
    await sleep(POLL, options.signal);
  }
}

/** Milliseconds. */
const POLL = 50;

async function findOrphans(session: Session, rolloutId: string, epoch: number): Promise<readonly Orphan[]> {
  const { rows } = await session.query<Omit<Orphan, "epoch">>(ORPHANS, [`segue/${rolloutId}/`]);
  return rows.flatMap((row) => {
    const name = parseSessionName(row.application);
    return name?.rolloutId === rolloutId && name.epoch < epoch ? [{ ...row, epoch: name.epoch }] : [];
  });
}

const ORPHANS = `
SELECT pid, application_name AS application, state, left(query, 500) AS query
  FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND starts_with(application_name, $1)
 ORDER BY pid`;

/** True for a statement that can't be in a transaction: its work stands when it ends, whoever hears of it. */
function runsConcurrently({ state, query }: Orphan): boolean {
  return state === "active" && query !== null && CONCURRENT.test(query);
}

const CONCURRENT =
  /^\s*(?:CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY|DROP\s+INDEX\s+CONCURRENTLY|REINDEX\b[^;]*\bCONCURRENTLY|ALTER\s+TABLE\b.*\bDETACH\s+PARTITION\b.*\bCONCURRENTLY|VACUUM)\b/is;

async function terminate(session: Session, orphan: Orphan): Promise<void> {
  try {
    // By name as well: the process may be gone, and its id somebody else's. Terminating ends a running
    // CREATE INDEX CONCURRENTLY just as cancelling it would, and leaves no idle session behind.
    await session.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND application_name = $2",
      [orphan.pid, orphan.application],
    );
  } catch (error) {
    if (sqlstateOf(error) !== SQLSTATE.insufficientPrivilege) throw error;
    throw new SegueError("SEG0207", {
      message: `Session ${orphan.pid} (${orphan.application}) of an earlier run belongs to another role and can't be ended`,
      next: `Run as that role, GRANT pg_signal_backend, or end it: SELECT pg_terminate_backend(${orphan.pid});`,
      cause: error,
    });
  }
}

function stuck(orphans: readonly Orphan[]): SegueError {
  const names = orphans.map(({ pid, application, query }) => `pid ${pid} (${application}): ${query ?? "query hidden"}`);
  return new SegueError("SEG0305", {
    message: `Sessions of an earlier run do not end: ${names.join("; ")}`,
    next: "Look at them in pg_stat_activity; once they are gone: segue resume",
    detail: { orphans },
  });
}
