/**
 * A row constructor whose binary image `*=` and `*<>` compare, whatever the types: 1.0 and 1.00, or two spellings of a
 * citext, differ; json needs no `=`; NULLs are equal. Without the cast the parser would compare field by field with
 * operators of the fields' own types.
 */
export function rowImage(values: readonly string[]): string {
  return `ROW(${values.join(", ")})::record`;
}

/** Two row images compared, as SQL for where the search_path is anybody's. */
export function compareImages(left: readonly string[], operator: "*=" | "*<>", right: readonly string[]): string {
  const image = (values: readonly string[]): string => `ROW(${values.join(", ")})::pg_catalog.record`;
  return `${image(left)} OPERATOR(pg_catalog.${operator}) ${image(right)}`;
}
