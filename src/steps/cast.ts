/**
 * Casts between column types, by the names that format_type() gives them. Two questions: how is a value put
 * into a column without losing part of it in silence, and can that raise?
 */

/** The inclusive range of PostgreSQL's integer types, as SQL. */
const INTEGER_RANGE: Readonly<Record<string, readonly [string, string]>> = {
  smallint: ["-32768", "32767"],
  integer: ["-2147483648", "2147483647"],
  bigint: ["-9223372036854775808", "9223372036854775807"],
};

const INTEGERS = ["smallint", "integer", "bigint"];
const UNLIMITED_TEXT = ["text", "character varying"];

/**
 * `value` made ready to be assigned to a column of `type`. An explicit cast to varchar(n), char(n) or bit(n) cuts
 * what is too long without a word, while an assignment raises: so the modifier of those is left to the assignment.
 */
export function assignable(value: string, type: string): string {
  const limited = /^(character varying|character|bit varying|bit)\(\d+\)((?:\[\])*)$/.exec(type);
  if (limited === null) return `(${value})::${type}`;
  if (limited[1] === "bit") return `(${value})`;
  const base = limited[1] === "character" ? "pg_catalog.bpchar" : limited[1];
  return `(${value})::${base}${limited[2]}`;
}

/** `value` as it reads once it is stored in a column of `type`; for comparison with the stored one. */
export function stored(value: string, type: string): string {
  return `(${value})::${type}`;
}

/** True if the assignment of a `from` value to a `to` column can raise for some value. Unknown pairs count as raising. */
export function assignmentCanRaise(from: string, to: string): boolean {
  if (from === to || UNLIMITED_TEXT.includes(to)) return false;
  const narrow = INTEGERS.indexOf(from);
  if (narrow >= 0 && (to === "numeric" || INTEGERS.indexOf(to) >= narrow)) return false;
  const [a, b] = [numeric(from), numeric(to)];
  // Rounding may carry into one more digit: 99999.99 becomes 100000.
  if (a !== null && b !== null) return (a.scale > b.scale ? a.digits + 1 : a.digits) > b.digits;
  const [c, d] = [length(from), length(to)];
  if (c !== null && d !== null) return c > d;
  return true;
}

/**
 * A plain column of type `from` assigned to an integer column, with what doesn't fit made NULL by a comparison: cheaper
 * than a guarded block, which costs the application's write a subtransaction. Null if that can't be written so.
 */
export function fitOrNull(value: string, from: string, to: string): string | null {
  const range = INTEGER_RANGE[to];
  if (range === undefined || !INTEGERS.includes(from)) return null;
  return `CASE WHEN ${value} BETWEEN ${range[0]} AND ${range[1]} THEN ${value}::${to} END`;
}

/** Digits before (`digits`) and after the point (`scale`) of a numeric type; without a modifier any number of both. */
function numeric(type: string): { digits: number; scale: number } | null {
  if (type === "numeric") return { digits: Number.POSITIVE_INFINITY, scale: Number.POSITIVE_INFINITY };
  const match = /^numeric\((\d+)(?:,(\d+))?\)$/.exec(type);
  if (match === null) return null;
  const scale = Number(match[2] ?? 0);
  return { digits: Number(match[1]) - scale, scale };
}

function length(type: string): number | null {
  if (UNLIMITED_TEXT.includes(type)) return Number.POSITIVE_INFINITY;
  const match = /^character varying\((\d+)\)$/.exec(type);
  return match === null ? null : Number(match[1]);
}
