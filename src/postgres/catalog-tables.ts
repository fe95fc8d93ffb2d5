import type { Table } from "../model/catalog.ts";
import type { RelationName } from "../model/relation.ts";
import type { Session } from "./session.ts";

/** What pg_class and pg_inherits say of a table. */
export type BareTable = Omit<
  Table,
  "columns" | "constraints" | "indexes" | "triggers" | "statistics" | "dependents" | "needs"
>;

const NAME = (relation: string) => `(
      SELECT json_build_object('schema', xn.nspname, 'name', x.relname)
        FROM pg_class x JOIN pg_namespace xn ON xn.oid = x.relnamespace WHERE x.oid = ${relation})`;

// Partitions stand by depth, then by oid: the order in which the server itself locks them.
const SQL = `
WITH RECURSIVE wanted AS (
  SELECT DISTINCT c.oid
    FROM unnest($1::text[], $2::text[]) AS w (schema, name)
    JOIN pg_namespace n ON n.nspname = w.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
), tree (root, oid, parent, depth) AS (
  SELECT oid, oid, NULL::oid, 0 FROM wanted
  UNION ALL
  SELECT t.root, h.inhrelid, h.inhparent, t.depth + 1
    FROM tree t
    JOIN pg_class p ON p.oid = t.oid AND p.relkind = 'p'
    JOIN pg_inherits h ON h.inhparent = t.oid AND NOT h.inhdetachpending
), above (root, oid) AS (
  SELECT oid, oid FROM wanted
  UNION ALL
  SELECT a.root, h.inhparent FROM above a JOIN pg_inherits h ON h.inhrelid = a.oid
), size AS (
  SELECT t.root, sum(coalesce(pg_table_size(t.oid), 0)) AS bytes,
         sum(c.reltuples::float8) FILTER (WHERE c.reltuples >= 0) AS rows
    FROM tree t JOIN pg_class c ON c.oid = t.oid AND c.relkind <> 'p'
   GROUP BY t.root
)
SELECT json_build_object(
    'schema', n.nspname,
    'name', c.relname,
    'oid', c.oid::int8,
    'kind', CASE c.relkind WHEN 'r' THEN CASE WHEN c.relispartition THEN 'partition' ELSE 'table' END
                           WHEN 'p' THEN 'partitioned' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                           WHEN 'f' THEN 'foreign' ELSE 'other' END,
    'persistence', CASE c.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' ELSE 'permanent' END,
    'accessMethod', (SELECT amname FROM pg_am WHERE oid = c.relam),
    'owner', pg_get_userbyid(c.relowner),
    'leaves', (
      SELECT coalesce(json_agg(${NAME("t.oid")} ORDER BY t.depth, t.oid), '[]')
        FROM tree t JOIN pg_class l ON l.oid = t.oid AND l.relkind <> 'p' WHERE t.root = c.oid AND t.depth > 0),
    'partitions', (
      SELECT coalesce(json_agg(json_build_object(
          'name', ${NAME("t.oid")}, 'parent', ${NAME("t.parent")}, 'leaf', l.relkind <> 'p')
          ORDER BY t.depth, t.oid), '[]')
        FROM tree t JOIN pg_class l ON l.oid = t.oid WHERE t.root = c.oid AND t.depth > 0),
    'parent', (SELECT ${NAME("h.inhparent")} FROM pg_inherits h WHERE h.inhrelid = c.oid ORDER BY h.inhseqno LIMIT 1),
    'ofType', nullif(c.reloftype, 0)::regtype::text,
    'inheritanceChildren', (
      SELECT coalesce(json_agg(${NAME("h.inhrelid")} ORDER BY h.inhrelid), '[]')
        FROM pg_inherits h JOIN pg_class k ON k.oid = h.inhrelid AND NOT k.relispartition
       WHERE h.inhparent = c.oid AND c.relkind <> 'p'),
    -- A column in the key of any level can't be dropped or retyped at the top either. Expressions of a key bind
    -- their columns to the table by an internal dependency on itself.
    'partitionKeyColumns', (
      SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]')
        FROM pg_attribute a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attname IN (
         SELECT b.attname
           FROM tree t
           JOIN pg_partitioned_table p ON p.partrelid = t.oid
           JOIN pg_attribute b ON b.attrelid = t.oid AND b.attnum > 0
          WHERE t.root = c.oid
            AND (b.attnum = ANY (p.partattrs::int2[]) OR EXISTS (
              SELECT FROM pg_depend d
               WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.objsubid = b.attnum
                 AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.refobjsubid = 0
                 AND d.deptype = 'i')))),
    'replicaIdentity', json_build_object(
        'kind', CASE c.relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' ELSE 'default' END,
        'index', (SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
                   WHERE x.indrelid = c.oid AND x.indisreplident)),
    'rowSecurity', c.relrowsecurity,
    'comment', obj_description(c.oid, 'pg_class'),
    -- The apply worker writes to the partition that a row is routed to, whichever level is subscribed.
    'subscribed', EXISTS (
      SELECT FROM pg_subscription_rel s
       WHERE s.srrelid IN (SELECT oid FROM tree WHERE root = c.oid UNION ALL SELECT oid FROM above WHERE root = c.oid)),
    'grants', (
      SELECT coalesce(json_agg(json_build_object(
          'grantee', g.name, 'privilege', g.privilege_type, 'grantable', g.is_grantable)
          ORDER BY g.name, g.privilege_type), '[]')
        FROM (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END AS name,
                     x.privilege_type, bool_or(x.is_grantable) AS is_grantable
                FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x GROUP BY 1, 2) g),
    'published', (
      SELECT coalesce(json_agg(p.pubname ORDER BY p.pubname), '[]')
        FROM pg_publication_tables p WHERE p.schemaname = n.nspname AND p.tablename = c.relname),
    'estimatedRows', coalesce(s.rows, -1),
    'bytes', coalesce(s.bytes, 0)
  ) AS item
  FROM wanted w
  JOIN pg_class c ON c.oid = w.oid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN size s ON s.root = c.oid
 ORDER BY n.nspname, c.relname`;

/**
 * The tables of these names that exist. The size is the heap with its TOAST, without indexes; of a partitioned
 * table, size and estimated rows are the sums over its leaves.
 */
export async function readTables(session: Session, names: readonly RelationName[]): Promise<BareTable[]> {
  const { rows } = await session.query<{ item: BareTable }>(SQL, [
    names.map((relation) => relation.schema),
    names.map((relation) => relation.name),
  ]);
  return rows.map((row) => row.item);
}
