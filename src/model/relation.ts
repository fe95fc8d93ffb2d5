/** A relation, type or function by its catalog name: literal, never folded, never quoted. */
export interface RelationName {
  readonly schema: string;
  readonly name: string;
}

/** The key under which a catalog files a relation; for maps and messages, not for SQL. */
export function relationKey({ schema, name }: RelationName): string {
  return `${schema}.${name}`;
}
