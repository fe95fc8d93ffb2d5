import type { Touch } from "../model/program.ts";
import type { RelationName } from "../model/relation.ts";
import type { Expression } from "../sql/expression.ts";

/** What expressions over a table's rows read: the rollout fails the application's writes once one of these is renamed or gone. */
export function expressionReads(table: RelationName, expressions: readonly Expression[]): readonly Touch[] {
  const { schema, name } = table;
  return expressions.flatMap(({ columns, elsewhere }) => [
    ...columns.map((column) => ({ table: { schema, name }, column })),
    ...elsewhere.flatMap((read) =>
      // A bare name is looked up on the path that the sync function pins.
      [...new Set(read.schema === null ? [schema, "public"] : [read.schema])].map((found) => ({
        table: { schema: found, name: read.table },
        column: read.column,
      })),
    ),
  ]);
}
