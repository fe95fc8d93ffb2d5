import type { ThrottleSettings } from "../../model/settings.ts";
import { activeSessions } from "./active-sessions.ts";
import { archiveBacklog } from "./archive-backlog.ts";
import { probeLatency } from "./probe-latency.ts";
import { replicaLag, replicaLagBytes } from "./replica-lag.ts";
import type { Signal } from "./signal.ts";
import { slotWal } from "./slot-wal.ts";
import { userQuery } from "./user-query.ts";

/** The cheapest query that reads something, as most of an application's do. */
const CHEAP = "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = 'pg_catalog.pg_class'::regclass";

/**
 * The signals that the settings turn on; all but the sessions that wait for batches, which are seen while one runs.
 *
 * @param application what the names of the rollout's own sessions begin with
 */
export function signalsOf(throttle: ThrottleSettings, application: string): readonly Signal[] {
  const { replica_lag, replica_lag_bytes, slot_wal, archive_backlog, active_sessions, probe, queries } = throttle;
  return [
    replica_lag === null ? null : replicaLag(replica_lag),
    replica_lag_bytes === null ? null : replicaLagBytes(replica_lag_bytes),
    slot_wal === null ? null : slotWal(slot_wal),
    archive_backlog === null ? null : archiveBacklog(archive_backlog),
    active_sessions === null ? null : activeSessions(active_sessions, application),
    probe === null ? null : probeLatency(probe, CHEAP),
    ...Object.entries(queries).map(([name, query]) => (query === null ? null : userQuery(name, query))),
  ].filter((signal) => signal !== null);
}
