import { relationKey, type RelationName } from "../model/relation.ts";
import type { Table } from "../model/catalog.ts";
import { qualified } from "../sql/identifier.ts";
import { dollarQuote, literal } from "../sql/literal.ts";

/**
 * A statement that raises if `parent` has a direct partition that the plan was not compiled for. It stands behind
 * a statement that locks the parent against ATTACH PARTITION: from there on, PostgreSQL itself gives every new
 * partition what the parent has. A partition that is gone makes it raise too, by its name.
 */
export function partitionGuard(table: Table, parent: RelationName): string {
  const known = table.partitions.filter((partition) => relationKey(partition.parent) === relationKey(parent));
  const names = known.map((partition) => `${regclass(partition.name)}::pg_catalog.oid`);
  return `DO ${dollarQuote(`
DECLARE
  stranger text;
BEGIN
  SELECT inhrelid::pg_catalog.regclass INTO stranger FROM pg_catalog.pg_inherits
   WHERE inhparent = ${regclass(parent)} AND inhrelid <> ALL (ARRAY[${names.join(", ")}]::pg_catalog.oid[]) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = pg_catalog.format('partition %s was added after the plan was compiled', stranger),
      HINT = 'Reverse the plan and expand it again.';
  END IF;
END
`)}`;
}

/** A statement that raises unless the partitioned index is valid: unless every partition has its part of it. */
export function wholeIndexGuard(index: RelationName): string {
  return `DO ${dollarQuote(`
BEGIN
  IF NOT (SELECT indisvalid FROM pg_catalog.pg_index WHERE indexrelid = ${regclass(index)}) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = ${literal(`index ${qualified(index)} is not valid: a partition has no part of it`)},
      HINT = 'Build the index on the partition that lacks it and attach it, then resume.';
  END IF;
END
`)}`;
}

function regclass(relation: RelationName): string {
  return `${literal(qualified(relation))}::pg_catalog.regclass`;
}
