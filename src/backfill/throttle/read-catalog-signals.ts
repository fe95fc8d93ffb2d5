import { isConnectionLoss } from "../../postgres/sqlstate.ts";
import type { Session } from "../../postgres/session.ts";
import type { CatalogSignal, Rights } from "./signal.ts";

/** What was read of one signal: its value, or why there is none. */
export type Reading = { readonly value: unknown } | { readonly error: Error };

export interface Readings {
  /** By the signal's name. */
  readonly values: ReadonlyMap<string, Reading>;
  /** What the role may look at now. */
  readonly rights: Rights;
}

/** Heartbeats wait behind it on the same session. */
const TIMEOUT_MS = 2_000;

/** What the role may look at, as JSON. */
const RIGHTS = `json_build_object('role', current_user::text, 'statistics', pg_has_role('pg_read_all_stats', 'USAGE'),
  'archive', has_function_privilege('pg_ls_archive_statusdir()', 'EXECUTE'))`;

export async function readRights(observer: Session): Promise<Rights> {
  const { rows } = await observer.query<{ rights: Rights }>(`SELECT ${RIGHTS} AS rights`);
  return rows[0]?.rights ?? { role: "", statistics: false, archive: false };
}

/**
 * Reads signals in one round trip; one by one where that fails, to learn which one it is.
 *
 * @param rights as they were at the last reading
 */
export async function readCatalogSignals(
  observer: Session,
  signals: readonly CatalogSignal[],
  rights: Rights,
): Promise<Readings> {
  try {
    const { now, values } = await ask(observer, signals, rights);
    return { rights: now, values: new Map(signals.map(({ name }, index) => [name, { value: values[index] }])) };
  } catch (error) {
    if (isConnectionLoss(error) || observer.closed) throw error;
  }
  const found = new Map<string, Reading>();
  let latest = rights;
  for (const signal of signals) {
    try {
      const { now, values } = await ask(observer, [signal], rights);
      latest = now;
      found.set(signal.name, { value: values[0] });
    } catch (error) {
      if (isConnectionLoss(error) || observer.closed) throw error;
      found.set(signal.name, { error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
  return { rights: latest, values: found };
}

async function ask(
  observer: Session,
  signals: readonly CatalogSignal[],
  rights: Rights,
): Promise<{ now: Rights; values: readonly unknown[] }> {
  const values = signals.map((signal) => signal.sql(rights)).join(", ");
  const text = `SELECT ${RIGHTS} AS rights, json_build_array(${values}) AS signals`;
  const results = await observer.script(`SET LOCAL statement_timeout = ${TIMEOUT_MS};\n${text}`);
  const row = results.at(-1)?.rows[0] as { rights: Rights; signals: unknown[] } | undefined;
  return { now: row?.rights ?? rights, values: row?.signals ?? [] };
}
