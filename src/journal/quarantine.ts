import type { RelationName } from "../model/relation.ts";
import type { Session } from "../postgres/session.ts";

export interface QuarantinedRow {
  readonly table: string;
  /** JSON text: a number in it may be larger than JavaScript's are exact. */
  readonly key: string;
  readonly error: string;
  readonly sqlstate: string;
}

/** Rows put aside and not settled yet, at most `limit`, with the count of all. */
export async function openQuarantine(
  session: Session,
  rollout: string,
  limit = 5,
): Promise<{ count: number; sample: readonly QuarantinedRow[] }> {
  const { rows } = await session.query<QuarantinedRow & { total: string }>(
    `SELECT count(*) OVER () AS total, schema_name || '.' || table_name AS table, row_key::text AS key, error, sqlstate
       FROM segue.quarantine WHERE rollout = $1 AND state = 'open' ORDER BY id LIMIT $2`,
    [rollout, limit],
  );
  return {
    count: Number(rows[0]?.total ?? 0),
    sample: rows.map(({ table, key, error, sqlstate }) => ({ table, key, error, sqlstate })),
  };
}

export function inQuarantine(count: number): string {
  return count === 1 ? "1 row is in quarantine" : `${count} rows are in quarantine`;
}

/** Lines of a message about some of the open rows, with the command that names all. */
export function sampleLines(
  plan: string,
  { count, sample }: Awaited<ReturnType<typeof openQuarantine>>,
): { readonly message: string }[] {
  const lines = sample.map((row) => ({ message: `${row.table} ${row.key}: ${row.error}` }));
  const more = count - sample.length;
  return more === 0 ? lines : [...lines, { message: `and ${more} more: segue quarantine ${plan} list` }];
}

/** What puts a row aside more than once has one entry; what a fill and a trigger put aside has one of each. */
export interface Entry extends QuarantinedRow {
  readonly id: string;
  readonly name: RelationName;
  /** The fill step's id; empty if a trigger put it aside. */
  readonly step: string;
  readonly state: "open" | "settled" | "accepted";
  /** When it was put aside for the first time. */
  readonly since: Date;
}

/**
 * Entries in the order in which they came, the first `limit` of them, with the count of all; `open` of them alone, or
 * with those that are settled.
 */
export async function quarantineEntries(
  session: Session,
  rollout: string,
  { limit, open }: { readonly limit: number; readonly open: boolean },
): Promise<{ readonly total: number; readonly entries: readonly Entry[] }> {
  const { rows } = await session.query<Omit<Entry, "name"> & { schema: string; called: string; total: string }>(
    `SELECT count(*) OVER () AS total, id, schema_name AS schema, table_name AS called,
            schema_name || '.' || table_name AS table, step, row_key::text AS key, error, sqlstate, state, created_at AS since
       FROM segue.quarantine WHERE rollout = $1 AND (state = 'open' OR NOT $3) ORDER BY id LIMIT $2`,
    [rollout, limit, open],
  );
  return {
    total: Number(rows[0]?.total ?? 0),
    entries: rows.map(({ id, schema, called, table, step, key, error, sqlstate, state, since }) => {
      const name = { schema, name: called };
      return { id, name, table, step, key, error, sqlstate, state, since };
    }),
  };
}

/** What tells of an open entry whose it is. */
export type OpenEntry = Pick<Entry, "id" | "step" | "name">;

/** All open entries. */
export async function openEntries(session: Session, rollout: string): Promise<readonly OpenEntry[]> {
  const { rows } = await session.query<{ id: string; step: string; schema_name: string; table_name: string }>(
    `SELECT id, step, schema_name, table_name FROM segue.quarantine WHERE rollout = $1 AND state = 'open' ORDER BY id`,
    [rollout],
  );
  return rows.map(({ id, step, schema_name: schema, table_name: name }) => ({ id, step, name: { schema, name } }));
}

/** One row that a trigger put aside, as it was when it was looked at: put aside again, it has another version. */
export interface Aside {
  readonly id: string;
  readonly version: string;
  readonly name: RelationName;
  /** JSON text. */
  readonly key: string;
  readonly columns: readonly string[];
}

/** The open rows that triggers put aside; those of a fill are the fill's own to try again. */
export async function asideByTriggers(session: Session, rollout: string): Promise<readonly Aside[]> {
  const { rows } = await session.query<Omit<Aside, "name"> & { schema_name: string; table_name: string }>(
    `SELECT id, xmin::text AS version, schema_name, table_name, row_key::text AS key, ARRAY(SELECT jsonb_object_keys(row_key)) AS columns
       FROM segue.quarantine WHERE rollout = $1 AND step = '' AND state = 'open'`,
    [rollout],
  );
  return rows.map(({ schema_name: schema, table_name: name, ...row }) => ({ ...row, name: { schema, name } }));
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
