import type { ExtendedStatistics } from "../model/catalog.ts";
import { byTable, type OfTable } from "./by-table.ts";
import type { Session } from "./session.ts";

// Up to 16 a stxstattarget of -1 is the default, from 17 on NULL is.
const SQL = `
SELECT s.stxrelid AS table_oid, json_build_object(
    'schema', n.nspname,
    'name', s.stxname,
    'definition', pg_get_statisticsobjdef(s.oid),
    'columns', (
      SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]')
        FROM pg_attribute a
       WHERE a.attrelid = s.stxrelid AND a.attnum > 0
         AND (a.attnum = ANY (s.stxkeys::int2[]) OR EXISTS (
           SELECT FROM pg_depend d
            WHERE d.classid = 'pg_statistic_ext'::regclass AND d.objid = s.oid
              AND d.refclassid = 'pg_class'::regclass AND d.refobjid = s.stxrelid AND d.refobjsubid = a.attnum))),
    'owner', pg_get_userbyid(s.stxowner),
    'statisticsTarget', nullif(s.stxstattarget, -1),
    'comment', obj_description(s.oid, 'pg_statistic_ext')
  ) AS item
  FROM pg_statistic_ext s
  JOIN pg_namespace n ON n.oid = s.stxnamespace
 WHERE s.stxrelid = ANY ($1::oid[])
 ORDER BY s.stxrelid, n.nspname, s.stxname`;

/** The extended statistics objects of the tables, by name. */
export async function readStatistics(
  session: Session,
  oids: readonly number[],
): Promise<(oid: number) => readonly ExtendedStatistics[]> {
  const { rows } = await session.query<OfTable<ExtendedStatistics>>(SQL, [oids]);
  return byTable(rows);
}
