import { notOfExtension, privileges, SCOPE } from "./snapshot-scope.ts";

/** What belongs to the whole database stands in every snapshot, whatever schemas it covers. */
export const PUBLICATIONS = `
SELECT 'publication ' || quote_ident(p.pubname) AS object, NULL AS part, json_build_object(
    'owner', pg_get_userbyid(p.pubowner),
    'flags', to_jsonb(p) - ARRAY['oid', 'pubname', 'pubowner'],
    'comment', obj_description(p.oid, 'pg_publication')) AS properties
  FROM pg_publication p`;

/** Column lists and row filters are from 15 on. */
export function publishedTables(major: number): string {
  const columns = `(SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
         WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[]))`;
  const since15 = `'columns', ${columns}, 'where', pg_get_expr(r.prqual, r.prrelid)`;
  return `
SELECT 'publication ' || quote_ident(p.pubname) AS object, 'table ' || r.prrelid::regclass::text AS part,
    json_build_object(${major >= 15 ? since15 : ""}) AS properties
  FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid`;
}

/** From 15 on. */
export const PUBLISHED_SCHEMAS = `
SELECT 'publication ' || quote_ident(p.pubname) AS object, 'schema ' || s.pnnspid::regnamespace::text AS part,
    json_build_object() AS properties
  FROM pg_publication p JOIN pg_publication_namespace s ON s.pnpubid = p.oid`;

export const EXTENSIONS = `
SELECT 'extension ' || quote_ident(e.extname) AS object, NULL AS part, json_build_object(
    'version', e.extversion, 'schema', e.extnamespace::regnamespace::text, 'owner', pg_get_userbyid(e.extowner)) AS properties
  FROM pg_extension e`;

export const EVENT_TRIGGERS = `
SELECT 'event trigger ' || quote_ident(e.evtname) AS object, NULL AS part, json_build_object(
    'event', e.evtevent, 'function', e.evtfoid::regprocedure::text, 'enabled', e.evtenabled, 'tags', to_json(e.evttags),
    'owner', pg_get_userbyid(e.evtowner)) AS properties
  FROM pg_event_trigger e`;

export const DEFAULT_PRIVILEGES = `
SELECT format('default privileges of %I', pg_get_userbyid(d.defaclrole)) AS object,
    concat_ws(' in ', CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                      WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'others ' || d.defaclobjtype::text END,
              CASE WHEN d.defaclnamespace <> 0 THEN d.defaclnamespace::regnamespace::text END) AS part,
    json_build_object('privileges', ${privileges("d.defaclacl", null)}) AS properties
  FROM pg_default_acl d`;

const identified = (catalog: string, namespace: string, owner: string): string => `
SELECT i.type || ' ' || i.identity AS object, NULL AS part, json_build_object(
    'owner', pg_get_userbyid(o.${owner}), 'comment', obj_description(o.oid, '${catalog}')) AS properties
  FROM scope JOIN ${catalog} o ON o.${namespace} = scope.oid
  CROSS JOIN LATERAL pg_identify_object('${catalog}'::regclass, o.oid, 0) i
 WHERE ${notOfExtension(catalog, "o.oid")}`;

/** Rarer objects, whose existence and owner are all that is compared. */
export const OTHER_OBJECTS = `
WITH ${SCOPE}
${[
  identified("pg_collation", "collnamespace", "collowner"),
  identified("pg_conversion", "connamespace", "conowner"),
  identified("pg_operator", "oprnamespace", "oprowner"),
  identified("pg_opclass", "opcnamespace", "opcowner"),
  identified("pg_opfamily", "opfnamespace", "opfowner"),
  identified("pg_ts_config", "cfgnamespace", "cfgowner"),
  identified("pg_ts_dict", "dictnamespace", "dictowner"),
].join("\nUNION ALL")}`;
