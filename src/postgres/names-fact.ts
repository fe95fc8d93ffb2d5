import type { Fact, Question } from "../model/catalog.ts";
import { CATALOG_ONLY, setPath } from "./consistent-read.ts";
import type { Session } from "./session.ts";

/**
 * Functions that are not immutable, but by the clock, the time zone, the encoding or chance: not by the search_path. Any other that is not
 * may look something up, as nextval('numbers') does.
 */
const NOT_BY_PATH =
  "age array_to_json array_to_string clock_timestamp concat concat_ws date date_part date_trunc extract format gen_random_uuid " +
  "json_build_array json_build_object jsonb_build_array jsonb_build_object length make_timestamptz now overlaps quote_literal quote_nullable " +
  "random random_normal row_to_json statement_timestamp timezone to_char to_date to_json to_jsonb to_timestamp " +
  "transaction_timestamp uuidv4 uuidv7";

/** The server's own: a function that somebody put into pg_catalog may call others by bare names. */
const OWN_FUNCTION = "p.pronamespace = 'pg_catalog'::regnamespace AND p.oid < 16384";

// Of a type that names something in the catalog (regclass, regconfig) the value depends on the path.
const SQL = `
WITH outside AS (
  SELECT t.oid FROM pg_type t WHERE t.typnamespace <> 'pg_catalog'::regnamespace AND t.typtype <> 'd'
)
SELECT NOT EXISTS (
    SELECT FROM unnest($1::text[]) AS f (name)
     WHERE NOT EXISTS (SELECT FROM pg_proc p WHERE p.proname = f.name)
        OR EXISTS (SELECT FROM pg_proc p
                    WHERE p.proname = f.name
                      AND (NOT (${OWN_FUNCTION})
                           OR p.provolatile <> 'i' AND p.proname <> ALL (string_to_array($4, ' '))
                           OR EXISTS (SELECT FROM pg_type t
                                       WHERE t.oid = ANY (p.prorettype || coalesce(p.proallargtypes, p.proargtypes::oid[]))
                                         AND t.typname ~ '^_?reg')))
        -- A type's name is a cast.
        OR EXISTS (SELECT FROM pg_type t WHERE t.typname = f.name AND t.typnamespace <> 'pg_catalog'::regnamespace)
        -- Conversions of encodings are found by the path.
        OR f.name ~ '^convert')
  AND NOT EXISTS (
    SELECT FROM unnest($2::text[]) AS o (name)
     WHERE NOT EXISTS (SELECT FROM pg_operator x WHERE x.oprname = o.name)
        OR EXISTS (SELECT FROM pg_operator x
                    WHERE x.oprname = o.name AND (x.oprnamespace <> 'pg_catalog'::regnamespace OR x.oid >= 16384))
        -- A text is searched by the configuration of the session.
        OR o.name IN ('@@', '@@@'))
  AND NOT EXISTS (
    SELECT FROM unnest($3::text[]) AS w (name)
     WHERE NOT EXISTS (SELECT FROM pg_type t
                        WHERE t.typname = w.name AND t.typnamespace = 'pg_catalog'::regnamespace
                          AND t.typtype IN ('b', 'r', 'm') AND t.typname !~ '^_?reg'))
  -- Values of one column are compared by the operator of exactly its type; those of a varchar are by any that it turns into.
  AND NOT EXISTS (
    SELECT FROM pg_operator x
     WHERE x.oprname IN ('=', '<>', '<', '<=', '>', '>=')
       AND (x.oprnamespace <> 'pg_catalog'::regnamespace OR x.oid >= 16384)
       AND x.oprleft NOT IN (SELECT oid FROM outside) AND x.oprright NOT IN (SELECT oid FROM outside))
  AND NOT EXISTS (
    SELECT FROM pg_cast c
     WHERE c.oid >= 16384 AND c.castsource NOT IN (SELECT oid FROM outside)
       AND CASE WHEN c.casttarget IN (SELECT oid FROM outside)
                THEN c.castcontext = 'i' AND c.castsource = 'varchar'::regtype
                ELSE EXISTS (SELECT FROM pg_proc p WHERE p.oid = c.castfunc AND NOT (${OWN_FUNCTION})) END)
  AS "anyPath"`;

/** Whether the names of an expression, and the comparisons of a sync's own, mean the same on any search_path. */
export async function namesFact(
  session: Session,
  { functions, operators, types }: Extract<Question, { ask: "names" }>,
): Promise<Fact> {
  await setPath(session, CATALOG_ONLY);
  const { rows } = await session.query<{ anyPath: boolean }>(SQL, [functions, operators, types, NOT_BY_PATH]);
  return { anyPath: rows[0]?.anyPath === true };
}
