import type { RelationName } from "../model/relation.ts";
import { ROW, type RowsStep, TARGET } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";

/**
 * The change of the rows that entries of a list name, as CTEs of one statement: the rows are locked, so that what is read of
 * them is what is changed; they are changed, kept if they are to be, and their entries leave the list. So do the
 * entries of rows that are gone or don't match any longer. `batch` has a row for each that was changed.
 *
 * @param wanted the condition on the list, as `segue_row`
 * @param skipLocked true leaves rows that other sessions hold in the list
 */
export function rowsBatch(
  step: Pick<RowsStep, "table" | "key" | "change">,
  list: RelationName,
  wanted: string,
  skipLocked: boolean,
): string {
  return step.change.change === "insert"
    ? insertAgain(step, step.change, list, wanted)
    : changeListed(step, step.change, list, wanted, skipLocked);
}

type Change<Kind> = Extract<RowsStep["change"], { change: Kind }>;

function changeListed(
  { key, table }: Pick<RowsStep, "table" | "key">,
  change: Change<"update" | "delete">,
  list: RelationName,
  wanted: string,
  skipLocked: boolean,
): string {
  const isUpdate = change.change === "update";
  const places = [
    `${ROW}.ctid AS segue_place`,
    ...key.map((column) => `${TARGET}.${ident(column)}`),
    ...(isUpdate ? change.brings.map((column) => `${ROW}.${ident(column)}`) : []),
    ...(isUpdate && change.keep !== null
      ? change.set.map(({ column }, index) => `${TARGET}.${ident(column)} AS segue_old_${index + 1}`)
      : []),
  ];
  // CASE keeps a sub-select of the condition from becoming a join over all of its table.
  const matches = `CASE WHEN true THEN (${change.where}) ELSE false END`;
  const strength = isUpdate ? "NO KEY UPDATE" : "UPDATE";
  const taken =
    `SELECT ${places.join(", ")} FROM ONLY ${qualified(list)} AS ${ROW} JOIN ${qualified(table)} AS ${TARGET} ` +
    `ON ${equal(key, ROW, TARGET)} WHERE ${wanted} AND ${matches} ` +
    `FOR ${strength} OF ${TARGET}${skipLocked ? " SKIP LOCKED" : ""}`;
  const gone =
    `DELETE FROM ONLY ${qualified(list)} AS ${ROW} WHERE ${wanted} AND NOT EXISTS (` +
    `SELECT FROM ${qualified(table)} AS ${TARGET} WHERE ${equal(key, ROW, TARGET)} AND ${matches})`;
  const kept = isUpdate ? keepValues(key, change) : keepRows(change);
  return [
    `taken AS MATERIALIZED (${taken})`,
    `changed AS (${isUpdate ? updating(table, key, change) : deleting(table, key, change)})`,
    ...(kept === null ? [] : [`kept AS (${kept})`]),
    `gone AS (${gone})`,
    `batch AS (DELETE FROM ONLY ${qualified(list)} AS ${ROW} WHERE ${ROW}.ctid = ANY (ARRAY(SELECT segue_place FROM changed)) RETURNING 1)`,
  ].join(", ");
}

function updating(table: RelationName, key: readonly string[], { keep, set }: Change<"update">): string {
  const values = set.map(({ column, value }) => `${ident(column)} = ${value}`);
  const kept = set.flatMap(({ column }, index) => [
    `taken.segue_old_${index + 1}`,
    `${TARGET}.${ident(column)} AS segue_new_${index + 1}`,
  ]);
  const returned = [
    "taken.segue_place",
    ...(keep === null ? [] : [...key.map((column) => `${TARGET}.${ident(column)}`), ...kept]),
  ];
  return (
    `UPDATE ${qualified(table)} AS ${TARGET} SET ${values.join(", ")} FROM taken ` +
    `WHERE ${equal(key, "taken", TARGET)} RETURNING ${returned.join(", ")}`
  );
}

function deleting(table: RelationName, key: readonly string[], { keep }: Change<"delete">): string {
  const returned = ["taken.segue_place", ...(keep?.columns ?? []).map((column) => `${TARGET}.${ident(column)}`)];
  return (
    `DELETE FROM ${qualified(table)} AS ${TARGET} USING taken WHERE ${equal(key, "taken", TARGET)} ` +
    `RETURNING ${returned.join(", ")}`
  );
}

function keepValues(key: readonly string[], { keep, set }: Change<"update">): string | null {
  if (keep === null) return null;
  const columns = [
    ...key.map(ident),
    ...set.flatMap((_, index) => [`segue_old_${index + 1}`, `segue_new_${index + 1}`]),
  ].join(", ");
  return `INSERT INTO ${qualified(keep)} (${columns}) SELECT ${columns} FROM changed`;
}

function keepRows({ keep }: Change<"delete">): string | null {
  if (keep === null) return null;
  const columns = keep.columns.map(ident).join(", ");
  return `INSERT INTO ${qualified(keep.into)} (${columns}) SELECT ${columns} FROM changed`;
}

/** A row whose key the application has given to another one meanwhile is that other one by now. */
function insertAgain(
  { key, table }: Pick<RowsStep, "table" | "key">,
  { columns }: Change<"insert">,
  list: RelationName,
  wanted: string,
): string {
  const from = `FROM ONLY ${qualified(list)} AS ${ROW} WHERE ${wanted}`;
  const names = columns.map(ident).join(", ");
  const values = columns.map((column) => `${ROW}.${ident(column)}`).join(", ");
  const keys = key.map(ident).join(", ");
  return [
    `taken AS MATERIALIZED (SELECT ${ROW}.ctid ${from})`,
    `changed AS (INSERT INTO ${qualified(table)} (${names}) OVERRIDING SYSTEM VALUE SELECT ${values} ${from} ` +
      `ON CONFLICT (${keys}) DO NOTHING RETURNING ${keys})`,
    `batch AS (DELETE ${from} AND (EXISTS (SELECT FROM changed WHERE ${equal(key, ROW, "changed")}) ` +
      `OR EXISTS (SELECT FROM ${qualified(table)} AS ${TARGET} WHERE ${equal(key, ROW, TARGET)})) RETURNING 1)`,
  ].join(", ");
}

/**
 * An SQL value that raises if a row was taken and nothing became of it: a trigger that returns NULL passes it over without a
 * word.
 */
export function passedOver({ change }: Pick<RowsStep, "change">): string {
  const done = change.change === "insert" ? "batch" : "changed";
  const left = `(SELECT count(*) FROM taken) - (SELECT count(*) FROM ${done})`;
  return `CASE WHEN ${left} > 0 THEN format('a trigger keeps %s of the rows from being changed', ${left})::integer END`;
}

function equal(key: readonly string[], a: string, b: string): string {
  return key.map((column) => `${a}.${ident(column)} = ${b}.${ident(column)}`).join(" AND ");
}
