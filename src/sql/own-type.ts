/** Types that the grammar knows by words of their own. */
const BY_KEYWORD =
  /^(?:smallint|integer|bigint|real|double precision|numeric|boolean|character|bit|time|timestamp|interval)\b/;

/** True for a type of the server's own: format_type() gives any other its schema, as the catalog is read. */
export function isOwnType(type: string): boolean {
  return !type.includes(".");
}

/**
 * A type so that it is the same on any search_path: a session's temporary tables are types too, and found first, even before
 * pg_catalog.
 */
export function typeOnAnyPath(type: string): string {
  return isOwnType(type) && !BY_KEYWORD.test(type) ? `pg_catalog.${type}` : type;
}
