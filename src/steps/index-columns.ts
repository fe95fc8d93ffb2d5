import type { Table } from "../model/catalog.ts";
import type { IndexKey, SqlExpression } from "../model/fields.ts";
import { parseExpression, scalarToSql } from "../sql/expression.ts";

/** The parts of an index that read columns. */
interface Reads {
  readonly columns: readonly IndexKey[];
  readonly include?: readonly string[] | undefined;
  readonly where?: SqlExpression | undefined;
}

/** What a key of an index is made of. */
export function keySource(key: IndexKey): { readonly column: string } | { readonly expression: string } {
  return typeof key === "string" ? { column: key } : key;
}

/** The keys that are plain columns. */
export function plainColumns(keys: readonly IndexKey[]): readonly string[] {
  return keys.flatMap((key) => {
    const source = keySource(key);
    return "column" in source ? [source.column] : [];
  });
}

/** Every column of the table that the index reads, keys first. @throws SegueError SEG0004 */
export function indexedColumns({ columns, include = [], where }: Reads, table: Table): readonly string[] {
  const row = { table, columns: table.columns.map((column) => column.name) };
  const read = (expression: string): readonly string[] => parseExpression(expression, row).columns;
  const keys = columns.flatMap((key) => {
    const source = keySource(key);
    return "column" in source ? [source.column] : read(source.expression);
  });
  return [...new Set([...keys, ...include, ...(where === undefined ? [] : read(scalarToSql(where)))])];
}

/** The words of an index's name: its columns; a function's name or `expr` for an expression, as PostgreSQL has it. */
export function namedAfter({ columns, include = [] }: Reads): readonly string[] {
  const keys = columns.map((key) => {
    const source = keySource(key);
    if ("column" in source) return source.column;
    return /^\s*([a-z_][a-z0-9_]*)\s*\(/.exec(source.expression)?.[1] ?? "expr";
  });
  return [...keys, ...include];
}
