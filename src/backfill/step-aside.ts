import type { RelationName } from "../model/relation.ts";
import type { FillStep } from "../model/step.ts";
import { qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";

/**
 * Statements before a batch that keep the plan's own sync from being called for its rows, for which it does nothing: the call would
 * be a third of what a row costs. They do so only where nothing else is kept from firing: no other trigger, no rule, and no constraint
 * of a filled column that a trigger checks. The lock, which the batch takes anyhow, comes first: whoever adds one waits for it.
 */
export function stepAside(trigger: string, table: RelationName, set: FillStep["set"]): readonly string[] {
  const relation = `${literal(qualified(table))}::regclass`;
  const names = set.map(({ column }) => literal(column)).join(", ");
  const filled = `ARRAY(SELECT attnum FROM pg_attribute WHERE attrelid = ${relation} AND attname IN (${names}))`;
  const others =
    `EXISTS (SELECT FROM pg_rewrite WHERE ev_class = ${relation}) OR EXISTS (` +
    `SELECT FROM pg_trigger AS t LEFT JOIN pg_constraint AS c ON c.oid = t.tgconstraint ` +
    `WHERE t.tgrelid = ${relation} AND t.tgenabled <> 'D' AND t.tgname <> ${literal(trigger)} ` +
    `AND (c.oid IS NULL OR NOT t.tgisinternal OR ${filled} && (CASE WHEN c.conrelid = t.tgrelid THEN c.conkey ELSE c.confkey END)))`;
  return [
    `LOCK TABLE ONLY ${qualified(table)} IN ROW EXCLUSIVE MODE`,
    `SELECT set_config('session_replication_role', CASE WHEN ${others} THEN current_setting('session_replication_role') ELSE 'replica' END, true)`,
  ];
}
