import type { Column } from "../model/catalog.ts";
import { ident } from "../sql/identifier.ts";
import { compareImages } from "../sql/row-image.ts";
import { isEqualByImage } from "./equal-by-image.ts";

const TEXT = /^(?:text|character varying(?:\(\d+\))?)$/;

/**
 * True, as SQL in a row trigger for UPDATE, if one of the columns has another value than before: another image, not what its
 * type calls another value. Where these are the same, the type's own comparison costs less than two row images. That comparison
 * looks up the `=` of two values of one type: pg_catalog's own on any search_path, but for one of that name for the server's own
 * types elsewhere, which postgres/names-fact.ts looks for.
 *
 * @param called what the column is called by now
 */
export function columnChanged(
  columns: readonly Pick<Column, "name" | "type" | "collation">[],
  called: (column: string) => string,
): string {
  const isPlain = ({ type, collation }: Pick<Column, "type" | "collation">): boolean =>
    // A collation may be nondeterministic; a type's own never is.
    isEqualByImage(type) || (collation === null && TEXT.test(type));
  const value = (side: string, name: string): string => `${side}.${ident(called(name))}`;
  const images = columns.filter((column) => !isPlain(column)).map(({ name }) => called(name));
  const conditions = [
    ...columns.filter(isPlain).map(({ name }) => `${value("NEW", name)} IS DISTINCT FROM ${value("OLD", name)}`),
    ...(images.length > 0 ? [imageChanged(images)] : []),
  ];
  return `(${conditions.join(" OR ")})`;
}

/** The same by the images of all of them, whatever their types are. */
export function imageChanged(columns: readonly string[]): string {
  const values = (side: string): readonly string[] => columns.map((name) => `${side}.${ident(name)}`);
  return compareImages(values("NEW"), "*<>", values("OLD"));
}
