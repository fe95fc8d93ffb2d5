import type { Session } from "./session.ts";
import { wordsOfBody } from "./words-of-body.ts";

/** A function whose body may name a table, with the words that it has. */
export interface NamingBody {
  readonly table_oid: number;
  /** `public.f(integer)` */
  readonly name: string;
  readonly words: ReadonlySet<string>;
  /** The names to look for. */
  readonly table: string;
  readonly partitions: readonly string[];
  readonly columns: readonly string[];
  /** It knows the table's rows without its name: as the function of a trigger, or by a parameter or result of their type. */
  readonly attached: boolean;
}

// The server leaves out, by a plain search, the many bodies that can't name the table; which do, their words decide.
const SQL = `
WITH RECURSIVE member (root, oid) AS (
  SELECT w, w FROM unnest($1::oid[]) AS w
  UNION
  SELECT m.root, h.inhrelid FROM member m JOIN pg_inherits h ON h.inhparent = m.oid
), body AS MATERIALIZED (
  SELECT p.oid, p.prosrc, lower(replace(replace(p.prosrc, '""', '"'), '''''', '''')) AS plain
    FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_language l ON l.oid = p.prolang
   WHERE l.lanname IN ('sql', 'plpgsql') AND p.prosqlbody IS NULL
     AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'segue')
     AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
)
SELECT c.oid::int8::float8 AS table_oid, b.oid::regprocedure::text AS name, b.prosrc AS body, c.relname::text AS table,
       parts.names AS partitions, attached.yes AS attached,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
  FROM pg_class c
  CROSS JOIN LATERAL (SELECT ARRAY(
      SELECT k.relname::text FROM member m JOIN pg_class k ON k.oid = m.oid
       WHERE m.root = c.oid AND m.oid <> c.oid AND k.relispartition ORDER BY k.relname) AS names) parts
  CROSS JOIN body b
  CROSS JOIN LATERAL (SELECT EXISTS (
      SELECT FROM member m JOIN pg_trigger t ON t.tgrelid = m.oid
       WHERE m.root = c.oid AND t.tgfoid = b.oid
      UNION ALL
      SELECT FROM member m
        JOIN pg_type t ON t.typrelid = m.oid
        JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)
       WHERE m.root = c.oid AND d.classid = 'pg_proc'::regclass AND d.objid = b.oid) AS yes) attached
 WHERE c.oid = ANY ($1::oid[])
   AND (attached.yes OR EXISTS (SELECT FROM unnest(parts.names || c.relname::text) AS n WHERE strpos(b.plain, lower(n)) > 0))
 ORDER BY 1, 2`;

/** Functions whose body may name one of the tables. The server does not track what such a body reads. */
export async function readNamingBodies(session: Session, oids: readonly number[]): Promise<readonly NamingBody[]> {
  const { rows } = await session.query<Omit<NamingBody, "words"> & { readonly body: string }>(SQL, [oids]);
  return rows.map(({ body, ...row }) => ({ ...row, words: wordsOfBody(body) }));
}
