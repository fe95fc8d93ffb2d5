import type { DefElem, Node } from "libpg-query";

/**
 * False for a statement that PostgreSQL refuses in a transaction block (callers of PreventInTransactionBlock, 14 to
 * 18). What only the catalog knows counts as transactional: REINDEX or CLUSTER of a partitioned table, and a
 * procedure or DO block that commits.
 */
export function isTransactional(node: Node): boolean {
  if ("IndexStmt" in node) return node.IndexStmt.concurrent !== true;
  if ("DropStmt" in node) return node.DropStmt.concurrent !== true;
  if ("VacuumStmt" in node) return node.VacuumStmt.is_vacuumcmd !== true;
  if ("ClusterStmt" in node) return node.ClusterStmt.relation !== undefined;
  if ("DiscardStmt" in node) return node.DiscardStmt.target !== "DISCARD_ALL";
  if ("ReindexStmt" in node) {
    const { kind, params } = node.ReindexStmt;
    const one = kind === "REINDEX_OBJECT_INDEX" || kind === "REINDEX_OBJECT_TABLE";
    return one && !isOn(option(params, "concurrently"), false);
  }
  if ("AlterTableStmt" in node) {
    return !(node.AlterTableStmt.cmds ?? []).some((command) => {
      const def = "AlterTableCmd" in command ? command.AlterTableCmd.def : undefined;
      return def !== undefined && "PartitionCmd" in def && def.PartitionCmd.concurrent === true;
    });
  }
  if ("AlterDatabaseStmt" in node) return option(node.AlterDatabaseStmt.options, "tablespace") === undefined;
  if ("CreateSubscriptionStmt" in node) {
    const { options } = node.CreateSubscriptionStmt;
    // The slot is made on the publisher unless one of the two says otherwise.
    return !isOn(option(options, "create_slot"), true) || !isOn(option(options, "connect"), true);
  }
  if ("AlterSubscriptionStmt" in node) {
    const { kind, options } = node.AlterSubscriptionStmt;
    switch (kind) {
      case "ALTER_SUBSCRIPTION_REFRESH":
        return false;
      case "ALTER_SUBSCRIPTION_SET_PUBLICATION":
      case "ALTER_SUBSCRIPTION_ADD_PUBLICATION":
      case "ALTER_SUBSCRIPTION_DROP_PUBLICATION":
        return !isOn(option(options, "refresh"), true);
      default:
        return option(options, "failover") === undefined && option(options, "two_phase") === undefined;
    }
  }
  return !NEVER.some((kind) => kind in node);
}

const NEVER = [
  "CreatedbStmt",
  "DropdbStmt",
  "CreateTableSpaceStmt",
  "DropTableSpaceStmt",
  "AlterSystemStmt",
  // Allowed for a subscription without a slot, which only the catalog knows; alone it always runs.
  "DropSubscriptionStmt",
] as const;

function option(options: readonly Node[] | undefined, name: string): DefElem | undefined {
  const elements = (options ?? []).flatMap((one) => ("DefElem" in one ? [one.DefElem] : []));
  return elements.find(({ defname }) => defname === name);
}

/** The value of a boolean option as PostgreSQL reads it (defGetBoolean): named without a value it is on. */
function isOn(element: DefElem | undefined, unset: boolean): boolean {
  if (element === undefined) return unset;
  const { arg } = element;
  if (arg === undefined) return true;
  if ("Integer" in arg) return arg.Integer.ival === 1;
  if ("Boolean" in arg) return arg.Boolean.boolval === true;
  return "String" in arg && ["true", "on"].includes((arg.String.sval ?? "").toLowerCase());
}
