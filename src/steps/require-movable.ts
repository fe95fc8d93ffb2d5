import { relationKey } from "../model/relation.ts";
import { qualified } from "../sql/identifier.ts";
import { dollarQuote, literal } from "../sql/literal.ts";
import type { NamedKey } from "./key-indexes.ts";
import type { Draft } from "./step-kind.ts";
import { shortTransaction } from "./transaction-draft.ts";

/** A view that groups by the key, and shows more columns than that, hangs on the constraint: it could not be dropped. */
export function requireMovable({ constraint, table }: NamedKey): Draft {
  return shortTransaction(
    {
      title: `see that only foreign keys hang on ${constraint.name} of ${relationKey(table)}`,
      table,
      statements: [
        `DO ${dollarQuote(`
DECLARE
  found text;
BEGIN
  SELECT DISTINCT r.ev_class::pg_catalog.regclass::text INTO found
    FROM pg_catalog.pg_constraint c
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.refobjid = c.oid
    JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid
   WHERE c.conrelid = ${literal(qualified(table))}::pg_catalog.regclass AND c.contype = 'p' LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
      MESSAGE = pg_catalog.format('view %s groups by the primary key, and hangs on it', found),
      HINT = 'Drop the view in an earlier plan, and create it again in a later one.';
  END IF;
END
`)}`,
      ],
      locks: [],
    },
    [],
  );
}
