import type { Thresholds } from "../../model/settings.ts";
import { type ReplicaLag, REPLICA_LAG } from "../../postgres/replicas.ts";
import { bytes, time } from "./amounts.ts";
import { judgeValue } from "./judge-value.ts";
import { type CatalogSignal, GO, type Rights, unreadable, type Verdict } from "./signal.ts";
import type { Readings } from "./read-catalog-signals.ts";
import { grantMonitor } from "./grant-monitor.ts";

const SQL = `(SELECT coalesce(json_agg(replica), '[]') FROM (${REPLICA_LAG}) AS replica)`;
const RESUME_SHARE = 0.5;

/** How far the worst replica is behind in time. */
export function replicaLag(thresholds: Thresholds): CatalogSignal {
  return {
    source: "catalog",
    name: "replica_lag",
    sql: () => SQL,
    judge: (reading, standing, rights) => judgeLag(reading as readonly ReplicaLag[], thresholds, standing, rights),
  };
}

/** How far it is behind in bytes. */
export function replicaLagBytes(thresholds: Thresholds): CatalogSignal {
  return {
    source: "catalog",
    name: "replica_lag_bytes",
    sql: () => SQL,
    judge: (reading, standing, rights) => judgeBytes(reading as readonly ReplicaLag[], thresholds, standing, rights),
  };
}

export function judgeLag(
  replicas: readonly ReplicaLag[],
  thresholds: Thresholds,
  standing: boolean,
  rights: Pick<Rights, "role">,
): Verdict {
  const unknown = replicas.find((replica) => replica.lagMs === null);
  if (unknown?.lagBytes === null) return hidden("replica_lag", unknown, rights);
  if (unknown !== undefined) {
    const subject = `replica ${unknown.name} catches up`;
    return { level: "stop", subject, reason: `${subject} and has not reported its lag yet`, unreadable: true };
  }
  const last = worstOf(replicas, ({ lagMs }) => lagMs ?? 0);
  if (last === null) return GO;
  const measure = { subject: `replica ${last.name} lag`, format: time, resumeShare: RESUME_SHARE };
  return judgeValue(last.lagMs ?? 0, thresholds, standing, measure);
}

export function judgeBytes(
  replicas: readonly ReplicaLag[],
  thresholds: Thresholds,
  standing: boolean,
  rights: Pick<Rights, "role">,
): Verdict {
  const unknown = replicas.find((replica) => replica.lagBytes === null);
  if (unknown !== undefined) return hidden("replica_lag_bytes", unknown, rights);
  const last = worstOf(replicas, ({ lagBytes }) => lagBytes ?? 0);
  if (last === null) return GO;
  const measure = { subject: `replica ${last.name} lag`, format: bytes, resumeShare: RESUME_SHARE };
  return judgeValue(last.lagBytes ?? 0, thresholds, standing, measure);
}

/** Milliseconds for which the worst replica is behind, as far as readings tell; null if they don't. */
export function lagIn({ values }: Pick<Readings, "values">): number | null {
  const reading = values.get("replica_lag");
  if (reading === undefined || "error" in reading) return null;
  return worstOf(reading.value as readonly ReplicaLag[], ({ lagMs }) => lagMs ?? 0)?.lagMs ?? null;
}

function worstOf(replicas: readonly ReplicaLag[], lag: (replica: ReplicaLag) => number): ReplicaLag | null {
  return replicas.reduce<ReplicaLag | null>((a, b) => (a === null || lag(b) > lag(a) ? b : a), null);
}

function hidden(name: string, replica: ReplicaLag, { role }: Pick<Rights, "role">): Verdict {
  return unreadable(name, `the lag of replica ${replica.name} is hidden from this role`, grantMonitor(role));
}
