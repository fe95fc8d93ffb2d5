import type { Session } from "../postgres/session.ts";

export interface QuarantinedRow {
  readonly table: string;
  readonly key: unknown;
  readonly error: string;
  readonly sqlstate: string;
}

/** Rows put aside and not settled yet, at most `limit`, with the count of all. */
export async function openQuarantine(
  session: Session,
  rollout: string,
  limit = 5,
): Promise<{ count: number; sample: readonly QuarantinedRow[] }> {
  const { rows } = await session.query<{ total: string; table: string; key: unknown; error: string; sqlstate: string }>(
    `SELECT count(*) OVER () AS total, schema_name || '.' || table_name AS table, row_key AS key, error, sqlstate
       FROM segue.quarantine WHERE rollout = $1 AND state = 'open' ORDER BY id LIMIT $2`,
    [rollout, limit],
  );
  return {
    count: Number(rows[0]?.total ?? 0),
    sample: rows.map(({ table, key, error, sqlstate }) => ({ table, key, error, sqlstate })),
  };
}

/** One row that a trigger put aside, as it was when it was looked at: put aside again, it has another version. */
export interface Aside {
  readonly id: string;
  readonly version: string;
}

/** The open rows that triggers put aside; those of a fill are the fill's own to try again. */
export async function asideByTriggers(session: Session, rollout: string): Promise<readonly Aside[]> {
  const { rows } = await session.query<Aside>(
    `SELECT id, xmin::text AS version FROM segue.quarantine WHERE rollout = $1 AND step = '' AND state = 'open'`,
    [rollout],
  );
  return rows;
}

/** Settles rows that were found to be right, but for those that were put aside again since. */
export async function settle(session: Session, aside: readonly Aside[]): Promise<void> {
  await session.query(
    `UPDATE segue.quarantine AS q SET state = 'settled'
       FROM unnest($1::bigint[], $2::text[]) AS seen (id, version)
      WHERE q.id = seen.id AND q.xmin::text = seen.version AND q.state = 'open'`,
    [aside.map(({ id }) => id), aside.map(({ version }) => version)],
  );
}
