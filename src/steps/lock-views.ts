import type { RelationName } from "../model/relation.ts";
import { dollarQuote } from "../sql/literal.ts";
import { viewReaders } from "./view-readers.ts";

/**
 * A statement that locks the views which read one of these columns, and nothing else. Who uses a view locks it before the
 * table, so the cut-over does too: it comes before whatever locks the table. LOCK TABLE would lock all tables of the
 * view as well; making its owner its owner locks the view alone, and changes nothing.
 */
export function lockViews(table: RelationName, columns: readonly string[]): string {
  return `DO ${dollarQuote(`
DECLARE
  reader record;
BEGIN
  FOR reader IN
    SELECT n.nspname, v.relname, pg_catalog.pg_get_userbyid(v.relowner) AS owner
      FROM (${viewReaders(table, columns)}) AS found
      JOIN pg_catalog.pg_class v ON v.oid = found.oid
      JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
     WHERE v.relpersistence <> 't' AND pg_catalog.pg_has_role(v.relowner, 'USAGE')
       AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
     ORDER BY v.oid
  LOOP
    BEGIN
      EXECUTE pg_catalog.format('ALTER VIEW %I.%I OWNER TO %I', reader.nspname, reader.relname, reader.owner);
    EXCEPTION WHEN undefined_table THEN
      -- It was dropped or renamed while this waited for it.
      NULL;
    END;
  END LOOP;
END
`)}`;
}
