import type { Trigger } from "../model/catalog.ts";
import { byTable, type OfTable } from "./by-table.ts";
import type { Session } from "./session.ts";

/** Triggers that people made, clones on partitions included: up to 14 these are marked internal. Over `t`, alias of pg_trigger. */
export const USER_TRIGGER = `(NOT t.tgisinternal OR (t.tgparentid <> 0 AND t.tgconstraint = 0))
   AND NOT EXISTS (SELECT FROM pg_proc sp JOIN pg_namespace sn ON sn.oid = sp.pronamespace
                    WHERE sp.oid = t.tgfoid AND sn.nspname = 'segue')`;

/** True if an argument of trigger `t` is the name of column `a`: tgargs holds them one after another, each ended by a NUL. */
export const ARGUMENT_NAMES_COLUMN = `(t.tgnargs > 0 AND position(
  '\\x00'::bytea || convert_to(a.attname, getdatabaseencoding()) || '\\x00'::bytea IN '\\x00'::bytea || t.tgargs) > 0)`;

// UPDATE OF and WHEN leave their columns in pg_depend.
const SQL = `
SELECT t.tgrelid AS table_oid, json_build_object(
    'name', t.tgname,
    'definition', pg_get_triggerdef(t.oid),
    'function', format('%I.%I', fn.nspname, f.proname),
    'timing', CASE WHEN t.tgtype & 64 <> 0 THEN 'instead of' WHEN t.tgtype & 2 <> 0 THEN 'before' ELSE 'after' END,
    'row', t.tgtype & 1 <> 0,
    'events', array_remove(ARRAY[
        CASE WHEN t.tgtype & 4 <> 0 THEN 'insert' END, CASE WHEN t.tgtype & 16 <> 0 THEN 'update' END,
        CASE WHEN t.tgtype & 8 <> 0 THEN 'delete' END, CASE WHEN t.tgtype & 32 <> 0 THEN 'truncate' END], NULL),
    'enabled', CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' ELSE 'origin' END,
    'columns', (
      SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]')
        FROM pg_attribute a
       WHERE a.attrelid = t.tgrelid AND a.attnum > 0 AND NOT a.attisdropped
         AND (${ARGUMENT_NAMES_COLUMN} OR EXISTS (
           SELECT FROM pg_depend d
            WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid
              AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.tgrelid AND d.refobjsubid = a.attnum))),
    'inherited', t.tgparentid <> 0
  ) AS item
  FROM pg_trigger t
  JOIN pg_proc f ON f.oid = t.tgfoid
  JOIN pg_namespace fn ON fn.oid = f.pronamespace
 WHERE t.tgrelid = ANY ($1::oid[]) AND ${USER_TRIGGER}
 ORDER BY t.tgrelid, t.tgname`;

/** The triggers of the tables, by name: the order in which they fire. Those of Segue itself are left out. */
export async function readTriggers(
  session: Session,
  oids: readonly number[],
): Promise<(oid: number) => readonly Trigger[]> {
  const { rows } = await session.query<OfTable<Trigger>>(SQL, [oids]);
  return byTable(rows);
}
