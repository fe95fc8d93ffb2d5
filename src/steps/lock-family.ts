import type { Table } from "../model/catalog.ts";
import { qualified } from "../sql/identifier.ts";
import { isPartitioned } from "./carry-family.ts";

/**
 * Comes first in a transaction whose first statement would lock partitions before their table, as DROP TRIGGER does:
 * writers lock the table first, so one that has it and waits for the partition would make each attempt a deadlock, which
 * the short lock_timeout ends and the next attempt meets again.
 */
export function lockFamily(table: Table): readonly string[] {
  return isPartitioned(table) ? [`LOCK TABLE ${qualified(table)} IN ACCESS EXCLUSIVE MODE`] : [];
}
