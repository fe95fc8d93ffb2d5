/** The schemas that a snapshot covers, as the CTE `scope`; `$1` is an array of names, or null for all. */
export const SCOPE = `scope AS (
  SELECT oid, nspname FROM pg_namespace
   WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'segue')
     AND ($1::text[] IS NULL OR nspname = ANY ($1::text[]))
)`;

/** The relations that a snapshot covers, as the CTE `relation` with the object that each is filed under. */
export const RELATIONS = `${SCOPE}, relation AS (
  SELECT c.*, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                             WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table' END
              || ' ' || c.oid::regclass::text AS object
    FROM pg_class c JOIN scope ON scope.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND ${notOfExtension("pg_class", "c.oid")}
)`;

/** A member of an extension is the extension's own matter: its version stands for all of them. */
export function notOfExtension(catalog: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend ext
     WHERE ext.classid = '${catalog}'::regclass AND ext.objid = ${oid} AND ext.deptype = 'e')`;
}

/**
 * The grants as sorted text. No list at all means the built-in one, so that granting and revoking again leaves no
 * difference. `kind` is that of acldefault(); null for columns, which have no built-in grants.
 */
export function privileges(list: string, kind: string | null, owner = ""): string {
  const whole = kind === null ? list : `coalesce(${list}, acldefault('${kind}', ${owner}))`;
  return `(SELECT json_agg(item::text ORDER BY item::text COLLATE "C") FROM unnest(${whole}) AS item)`;
}
