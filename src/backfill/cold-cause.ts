import type { RelationName } from "../model/relation.ts";
import type { Session } from "../postgres/session.ts";
import { qualified } from "../sql/identifier.ts";

/** Why updates of a table can't be HOT. */
export interface ColdCause {
  /**
   * `snapshot`: dead versions can't be pruned while somebody may see them. `index`: one on a filled column.
   * `room`: neither; a page has no room for a further version of its rows.
   */
  readonly kind: "snapshot" | "index" | "room";
  readonly reason: string;
}

/** The next transaction's id: a snapshot that is held later and is not newer than this has been held since now. */
export async function readMark(observer: Session): Promise<string> {
  const { rows } = await observer.query<{ mark: string }>(
    "SELECT pg_snapshot_xmax(pg_current_snapshot())::xid::text AS mark",
  );
  return rows[0]?.mark ?? "3";
}

/**
 * Finds out why.
 *
 * @param mark what was read some time ago: a snapshot that is newer is nobody's fault
 */
export async function coldCause(
  observer: Session,
  table: RelationName,
  columns: readonly string[],
  mark: string,
): Promise<ColdCause> {
  const index = await indexOn(observer, table, columns);
  if (index !== null) return { kind: "index", reason: `index ${index} is on a filled column` };
  const holder = await oldestHolder(observer, mark);
  if (holder !== null) return { kind: "snapshot", reason: `an old snapshot is held by ${holder}` };
  return { kind: "room", reason: "the pages have no room for more versions of their rows" };
}

/** Who holds the oldest snapshot, in words; null if no one holds one from before the mark. */
async function oldestHolder(observer: Session, mark: string): Promise<string | null> {
  const { rows } = await observer.query<{ holder: string }>(HOLDER, [mark]);
  return rows[0]?.holder ?? null;
}

// A snapshot keeps versions of its own database from being pruned; a transaction that has written, those of every one:
// the snapshots of ours see it running. VACUUM's own snapshot keeps nothing.
const HOLDER = `
SELECT holder
  FROM (SELECT greatest(age(CASE WHEN datname = current_database() OR datid IS NULL OR backend_type = 'walsender' THEN backend_xmin END),
                        age(backend_xid)) AS age,
               format('pid %s (%s, %s)', pid, coalesce(nullif(application_name, ''), usename::text, backend_type), state) AS holder
          FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND query !~* '^\\s*(autovacuum: )?vacuum'
        UNION ALL
        SELECT age(transaction), format('prepared transaction %s', quote_literal(gid)) FROM pg_prepared_xacts
        UNION ALL
        SELECT age(xmin), format('replication slot %s', slot_name) FROM pg_replication_slots WHERE xmin IS NOT NULL) AS held
 WHERE age >= age($1::xid)
 ORDER BY age DESC LIMIT 1`;

async function indexOn(observer: Session, table: RelationName, columns: readonly string[]): Promise<string | null> {
  const { rows } = await observer.query<{ index: string }>(INDEX, [qualified(table), columns]);
  return rows[0]?.index ?? null;
}

// Expressions and predicates are found by what the index depends on. A summarizing index leaves updates HOT from 16 on.
const INDEX = `
SELECT c.relname AS index
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = ANY ($2::text[]) AND NOT a.attisdropped
 WHERE i.indrelid = to_regclass($1)
   AND NOT (m.amname = 'brin' AND current_setting('server_version_num')::int >= 160000)
   AND (a.attnum = ANY (i.indkey::int2[])
        OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum))
 ORDER BY c.relname LIMIT 1`;
