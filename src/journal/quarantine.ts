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
