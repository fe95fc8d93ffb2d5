import { relationKey, type RelationName } from "../model/relation.ts";
import { VERSION_MARK } from "../model/versioned.ts";
import { qualified } from "../sql/identifier.ts";
import { dollarQuote, literal } from "../sql/literal.ts";

interface KnownColumn {
  readonly table: RelationName;
  readonly column: string;
}

/**
 * A statement that raises if the enum has come into use elsewhere since the plan was compiled: a column or a function that
 * nobody takes along would keep it under the name that it is about to get. A temporary table goes with its session, and a view of
 * a versioned schema before what it shows.
 */
export function typeUseGuard(type: RelationName, known: readonly KnownColumn[]): string {
  const places = known.map(
    ({ column, table }) => `${regclass(table)}::pg_catalog.oid::text || ${literal(` ${column}`)}`,
  );
  return raiseIf(`
  SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) INTO stranger
    FROM pg_catalog.pg_type t
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid IN (t.oid, t.typarray)
   WHERE t.oid = ${regtype(type)}
     AND (d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
          OR d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid > 0)
     AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
            WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = d.objid AND a.attnum = d.objsubid
              AND (c.relpersistence = 't'
                   OR pg_catalog.starts_with(pg_catalog.obj_description(c.relnamespace, 'pg_namespace'), ${literal(VERSION_MARK)})
                   OR coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)::pg_catalog.oid::text || ' ' || a.attname
                      = ANY (ARRAY[${places.join(", ")}]::text[])))
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = pg_catalog.format('%s came to use type %s after the plan was compiled', stranger, ${literal(relationKey(type))}),
      HINT = 'Take it away, or reverse the plan and expand it again.';
  END IF;`);
}

/** A statement that raises if the enum has other values than the plan was compiled for: the other type lacks them. */
export function typeValuesGuard(type: RelationName, values: readonly string[]): string {
  return raiseIf(`
  SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) INTO stranger
    FROM pg_catalog.pg_enum e WHERE e.enumtypid = ${regtype(type)};
  IF stranger IS DISTINCT FROM (
       SELECT pg_catalog.string_agg(pg_catalog.quote_literal(v), ', ' ORDER BY n)
         FROM pg_catalog.unnest(ARRAY[${values.map(literal).join(", ")}]::text[]) WITH ORDINALITY AS w (v, n)) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = pg_catalog.format('the values of type %s changed after the plan was compiled: %s', ${literal(relationKey(type))}, stranger),
      HINT = 'Reverse the plan and expand it again.';
  END IF;`);
}

function raiseIf(body: string): string {
  return `DO ${dollarQuote(`
DECLARE
  stranger text;
BEGIN${body}
END
`)}`;
}

function regclass(relation: RelationName): string {
  return `${literal(qualified(relation))}::pg_catalog.regclass`;
}

function regtype(type: RelationName): string {
  return `${literal(qualified(type))}::pg_catalog.regtype`;
}
