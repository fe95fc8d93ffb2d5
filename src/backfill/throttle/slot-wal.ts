import type { Thresholds } from "../../model/settings.ts";
import { bytes } from "./amounts.ts";
import { judgeValue } from "./judge-value.ts";
import { type CatalogSignal, GO, type Verdict } from "./signal.ts";

export interface Slot {
  readonly name: string;
  readonly active: boolean;
  /** Bytes of WAL from where it stands to where the server writes. */
  readonly retained: number;
}

/** How much WAL the server keeps for the replication slot that is furthest behind. Any role may read it. */
export function slotWal(thresholds: Thresholds): CatalogSignal {
  return {
    source: "catalog",
    name: "slot_wal",
    sql: () => SQL,
    judge: (reading, standing) => judgeSlots(reading as readonly Slot[], thresholds, standing),
  };
}

/** @param slots that which keeps most first */
export function judgeSlots([first]: readonly Slot[], thresholds: Thresholds, standing: boolean): Verdict {
  if (first === undefined) return GO;
  const subject = `WAL kept for ${first.active ? "" : "inactive "}slot ${first.name}`;
  return judgeValue(first.retained, thresholds, standing, { subject, format: bytes, resumeShare: 0.9 });
}

// A slot that was invalidated keeps nothing any more.
const SQL = `(
SELECT coalesce(json_agg(slot), '[]')
  FROM (SELECT slot_name AS name, active, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) AS retained
          FROM pg_replication_slots
         WHERE restart_lsn IS NOT NULL AND wal_status IS DISTINCT FROM 'lost'
         ORDER BY retained DESC LIMIT 1) AS slot)`;
