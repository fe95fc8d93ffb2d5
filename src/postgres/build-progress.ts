import type { Session } from "./session.ts";

/** Where a CREATE, DROP or REINDEX INDEX that runs stands, in the part of it that it is at. */
export interface BuildProgress {
  /** `building index: scanning table`, `waiting for old snapshots` …, as the server names it. */
  readonly phase: string;
  readonly done: number;
  /** 0 where the server counts nothing in this phase. */
  readonly total: number;
  readonly unit: "blocks" | "rows" | "sessions";
}

interface ProgressRow {
  readonly phase: string;
  readonly blocks_done: number;
  readonly blocks_total: number;
  readonly tuples_done: number;
  readonly tuples_total: number;
  readonly lockers_done: number;
  readonly lockers_total: number;
}

/**
 * What the server says of the index build of a session; null while it builds none. Whoever asks must be of the session's
 * role or have pg_read_all_stats: others are told nothing.
 *
 * @param session by its process, or by its name where that is all one knows
 */
export async function readBuildProgress(
  observer: Session,
  session: { readonly pid: number } | { readonly applicationName: string },
): Promise<BuildProgress | null> {
  const [condition, value] =
    "pid" in session ? ["p.pid = $1", session.pid] : ["a.application_name = $1", session.applicationName];
  const { rows } = await observer.query<ProgressRow>(
    `SELECT p.phase, p.blocks_done::float8, p.blocks_total::float8, p.tuples_done::float8, p.tuples_total::float8,
            p.lockers_done::float8, p.lockers_total::float8
       FROM pg_stat_progress_create_index p JOIN pg_stat_activity a ON a.pid = p.pid
      WHERE p.datname = current_database() AND p.phase IS NOT NULL AND ${condition} LIMIT 1`,
    [value],
  );
  return rows[0] === undefined ? null : buildProgress(rows[0]);
}

/** Of the server's counters those that the phase moves: the others are what earlier phases left. */
export function buildProgress(row: ProgressRow): BuildProgress {
  const { phase } = row;
  if (phase.startsWith("waiting"))
    return { phase, done: clamped(row.lockers_done, row.lockers_total), total: row.lockers_total, unit: "sessions" };
  if (phase.includes("tuples"))
    return { phase, done: clamped(row.tuples_done, row.tuples_total), total: row.tuples_total, unit: "rows" };
  return { phase, done: clamped(row.blocks_done, row.blocks_total), total: row.blocks_total, unit: "blocks" };
}

/** A table may grow, and sessions come, after the server has counted them. */
function clamped(done: number, total: number): number {
  return Math.min(done, total);
}
