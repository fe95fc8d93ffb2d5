import type { Thresholds } from "../../model/settings.ts";
import { plain } from "./amounts.ts";
import { grantMonitor } from "./grant-monitor.ts";
import { judgeValue } from "./judge-value.ts";
import { type CatalogSignal, GO, type Rights, unreadable, type Verdict } from "./signal.ts";

export interface Archive {
  /** `off`, `on` or `always`. */
  readonly mode: string;
  /** Files that wait; null if nobody can tell. */
  readonly waiting: number | null;
  /** The file that failed last, if that was after the last success. */
  readonly failing: string | null;
}

/**
 * How many WAL files wait for the archive: those that the archiver itself has listed, where the role may look; else as many as
 * were finished since the last one that it reported.
 */
export function archiveBacklog(thresholds: Thresholds): CatalogSignal {
  return {
    source: "catalog",
    name: "archive_backlog",
    sql: ({ archive }) => sqlOf(archive ? LISTED : REPORTED),
    judge: (reading, standing, rights) => judgeArchive(reading as Archive, thresholds, standing, rights),
  };
}

export function judgeArchive(
  archive: Archive,
  thresholds: Thresholds,
  standing: boolean,
  { role }: Pick<Rights, "role">,
): Verdict {
  if (archive.mode === "off") return GO;
  if (archive.waiting === null)
    return unreadable("archive_backlog", "the archiver has reported no file of WAL yet", grantMonitor(role));
  const verdict = judgeValue(archive.waiting, thresholds, standing, {
    subject: "WAL files that wait for the archive:",
    format: plain,
    resumeShare: 0.9,
  });
  if (verdict.level === "go" || archive.failing === null) return verdict;
  return { ...verdict, reason: `${verdict.reason} (archiving ${archive.failing} fails)` };
}

function sqlOf(waiting: string): string {
  return `(
SELECT json_build_object('mode', current_setting('archive_mode'), 'waiting', (${waiting}),
         'failing', CASE WHEN last_failed_time > coalesce(last_archived_time, '-infinity') THEN last_failed_wal END)
  FROM pg_stat_archiver AS archiver)`;
}

const LISTED = `SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'`;

/** The number of a WAL file, counted over all of its timeline: hexadecimal digits 9 to 24 of its name. */
const FILE = `('x' || substr(last_archived_wal, 9, 8))::bit(32)::bigint * (4294967296 / size)
       + ('x' || substr(last_archived_wal, 17, 8))::bit(32)::bigint`;

// The file that is written now is not finished.
const REPORTED = `
SELECT CASE WHEN last_archived_wal ~ '^[0-9A-F]{24}'
            THEN greatest(0, div(pg_current_wal_lsn() - '0/0', size) - 1 - (${FILE})) END
  FROM (SELECT setting::bigint AS size FROM pg_settings WHERE name = 'wal_segment_size') AS segment`;
