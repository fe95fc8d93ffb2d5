const NUMBERS_AND_TIMES =
  /^(?:smallint|integer|bigint|oid|boolean|uuid|date|timestamp(?:\(\d\))? with(?:out)? time zone)$/;

/**
 * True of types of which two values are equal only if their images are, and which have no collation: their own comparison says the same as
 * that of two row images, in less time. Names without a schema are the server's own types.
 */
export function isEqualByImage(type: string): boolean {
  return NUMBERS_AND_TIMES.test(type);
}
