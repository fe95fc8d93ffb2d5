/**
 * True, as SQL, for a domain with a check or NOT NULL of its own or of a domain below it: what makes the server go through all
 * rows for a new column, even one without a default.
 *
 * @param type An expression of type oid.
 */
export function constrainedDomain(type: string): string {
  return `EXISTS (
      WITH RECURSIVE below (oid) AS (
        SELECT ${type}
        UNION
        SELECT d.typbasetype FROM below JOIN pg_type d ON d.oid = below.oid WHERE d.typtype = 'd'
      )
      SELECT FROM below JOIN pg_type d ON d.oid = below.oid AND d.typtype = 'd'
       WHERE d.typnotnull OR EXISTS (SELECT FROM pg_constraint k WHERE k.contypid = d.oid))`;
}
