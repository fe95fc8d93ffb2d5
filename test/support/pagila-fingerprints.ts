import type { TestDatabase } from "./postgres.ts";

/** One line a table (`public.film: 1000 rows`) and one a column, with the digest of its values in the order of the key. */
export type Fingerprints = Readonly<Record<string, string>>;

interface TableColumns {
  readonly table: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
}

const TABLES = `
SELECT c.oid::regclass::text AS table,
       ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns,
       coalesce((SELECT ARRAY(SELECT quote_ident(a.attname) FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
                                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                               WHERE k.place <= i.indnkeyatts ORDER BY k.place)
                   FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary), '{payment_id}') AS key
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
 ORDER BY 1`;

/** What stands in every table of schema public, column by column. */
export async function fingerprints(database: Pick<TestDatabase, "query">): Promise<Fingerprints> {
  const found: Record<string, string> = {};
  for (const { table, columns, key } of await database.query<TableColumns & Record<string, unknown>>(TABLES)) {
    const order = key.join(", ");
    const digests = columns.map((column) => `md5(string_agg(coalesce(${column}::text, '∅'), '|' ORDER BY ${order}))`);
    const [row] = await database.query<{ rows: string; digests: string[] }>(
      `SELECT count(*)::text AS rows, ARRAY[${digests.join(", ")}] AS digests FROM ${table}`,
    );
    found[table] = `${row?.rows ?? "?"} rows`;
    columns.forEach((column, index) => (found[`${table}.${column}`] = row?.digests[index] ?? "empty"));
  }
  return found;
}

/** The columns and tables whose fingerprints differ, came or went. */
export function changedFingerprints(before: Fingerprints, after: Fingerprints): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).toSorted();
}
