import type { ApplicationClient } from "../index.ts";

/**
 * What a person would compare before and after: every column, index, constraint and trigger of the shop, one line
 * each. Asked of the server by itself, without Segue.
 */
export async function catalogListing(connection: ApplicationClient): Promise<string> {
  const rows = await connection.simple(`
SELECT line FROM (
  SELECT format('%s.%s %s not null %s default %s', attrelid::regclass, attname, format_type(atttypid, atttypmod),
                attnotnull, pg_get_expr(adbin, adrelid)) AS line
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
   WHERE attnum > 0 AND NOT attisdropped AND attrelid IN ('customers'::regclass, 'orders'::regclass)
  UNION ALL
  SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL
  SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
   WHERE connamespace = 'public'::regnamespace
  UNION ALL
  SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
) AS listing (line) ORDER BY line COLLATE "C"`);
  return rows.map((row) => String(row["line"])).join("\n");
}
