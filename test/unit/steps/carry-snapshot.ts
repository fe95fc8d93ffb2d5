import type { Session } from "../../../src/postgres/session.ts";

/**
 * Everything that hangs on the tables of `public`, as the server itself writes it, one line each. What a cut-over has
 * put out of sight is left out.
 */
export async function carrySnapshot(session: Session): Promise<readonly string[]> {
  await session.query("SET search_path = pg_catalog");
  const { rows } = await session.query<{ line: string }>(`
    SELECT format('column %s.%s %s not null %s storage %s compression %s statistics %s options %s acl %s comment %s default %s',
                  a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attstorage, a.attcompression,
                  nullif(a.attstattarget, -1), a.attoptions, a.attacl, col_description(a.attrelid, a.attnum), pg_get_expr(d.adbin, d.adrelid)) AS line
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
       AND a.attname NOT LIKE 'segue\\_old%'
    UNION ALL
    SELECT format('index %s valid %s clustered %s replica identity %s comment %s attached to %s', pg_get_indexdef(i.indexrelid), i.indisvalid,
                  i.indisclustered, i.indisreplident, obj_description(i.indexrelid, 'pg_class'),
                  (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = i.indexrelid))
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'segue\\_old%'
    UNION ALL
    SELECT format('constraint %s of %s: %s valid %s local %s inherited %s below %s comment %s', c.conname, c.conrelid::regclass,
                  pg_get_constraintdef(c.oid), c.convalidated, c.conislocal, c.coninhcount, p.conname, obj_description(c.oid, 'pg_constraint'))
      FROM pg_constraint c LEFT JOIN pg_constraint p ON p.oid = c.conparentid
     WHERE c.connamespace = 'public'::regnamespace AND c.conname NOT LIKE 'segue\\_old%'
       AND pg_get_constraintdef(c.oid) NOT LIKE 'NOT NULL segue\\_old%'
    UNION ALL
    -- The server keeps the columns by their place in the table, whatever order they were given in.
    SELECT format('statistics %s of %s target %s comment %s %s of %s: %s and %s', stxname, stxowner::regrole,
                  nullif(stxstattarget, -1), obj_description(oid, 'pg_statistic_ext'), stxkind, stxrelid::regclass,
                  (SELECT array_agg(attname ORDER BY attname) FROM pg_attribute WHERE attrelid = stxrelid AND attnum = ANY (stxkeys::int2[])),
                  pg_get_expr(stxexprs, stxrelid))
      FROM pg_statistic_ext WHERE stxname NOT LIKE 'segue\\_old%'
    UNION ALL
    SELECT format('sequence %s as %s of %s', s.seqrelid::regclass, s.seqtypid::regtype, a.attname)
      FROM pg_sequence s JOIN pg_depend d ON d.objid = s.seqrelid AND d.deptype = 'a'
      JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     ORDER BY line`);
  await session.query("SET search_path = public");
  return rows.map(({ line }) => line);
}
