import type { RelationName } from "../model/relation.ts";
import { VERSION_MARK } from "../model/versioned.ts";
import { qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";

/**
 * SQL of a query: the views whose query names one of these columns of the table or of its partitions, as `oid` and
 * `relowner`. Not those of versioned schemas, which are replaced as a whole, nor what hangs on a view in turn.
 */
export function viewReaders(table: RelationName, columns: readonly string[]): string {
  return `WITH RECURSIVE member (oid) AS (
    SELECT ${literal(qualified(table))}::pg_catalog.regclass::pg_catalog.oid
    UNION
    SELECT h.inhrelid FROM member m JOIN pg_catalog.pg_inherits h ON h.inhparent = m.oid
  )
  SELECT DISTINCT v.oid, v.relowner
    FROM member m
    JOIN pg_catalog.pg_attribute a ON a.attrelid = m.oid AND a.attname IN (${columns.map(literal).join(", ")})
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                               AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                               AND d.refobjid = m.oid AND d.refobjsubid = a.attnum
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.rulename = '_RETURN'
    JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind = 'v'
    JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
   WHERE n.nspname <> 'segue'
     AND NOT pg_catalog.starts_with(coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), ''), ${literal(VERSION_MARK)})`;
}
