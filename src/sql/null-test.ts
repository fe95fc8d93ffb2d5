/** A type of somebody's own is always qualified by format_type(), as the catalog is read: it may be a composite. */
const MAY_BE_COMPOSITE = /\.[^[\]]+$/;

/** True, as SQL, if a value is NULL. `IS NULL` would call a composite value NULL whose fields all are. */
export function isNull(value: string, type: string): string {
  return MAY_BE_COMPOSITE.test(type) ? `${value} IS NOT DISTINCT FROM NULL` : `${value} IS NULL`;
}

/** True, as SQL, if a value is not NULL. `IS NOT NULL` would ask that of every field of a composite. */
export function isNotNull(value: string, type: string): string {
  return MAY_BE_COMPOSITE.test(type) ? `${value} IS DISTINCT FROM NULL` : `${value} IS NOT NULL`;
}
