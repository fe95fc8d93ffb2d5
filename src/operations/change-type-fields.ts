import type { Question } from "../model/catalog.ts";
import { scalarToSql } from "../sql/expression.ts";
import { ident, parseTableName } from "../sql/identifier.ts";

/** A `change_type` as it is written. */
export interface ChangeTypeFields {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly collation?: string | undefined;
  readonly forward?: string | number | boolean | undefined;
  readonly reverse?: string | number | boolean | undefined;
}

/** Types between which a cast comes to the same value in every row and at any time. */
export const FIXED = /^(smallint|integer|bigint|numeric(\(.*\))?|text|character varying(\(\d+\))?|uuid)$/;

/**
 * Asks the server whether the expressions are immutable: only of such ones does it make an index. For a column of no key
 * the answers are not looked at.
 */
export function immutabilityQuestions(fields: ChangeTypeFields, schema: string): readonly Question[] {
  const { column, forward, reverse, type } = fields;
  const indexed = (expression: string): string => `ADD EXCLUDE (((${expression}) IS NULL) WITH =)`;
  const asked = (action: string): Question => ({ ask: "alter", table: parseTableName(fields.table, schema), action });
  const name = ident(column);
  return [
    ...(forward === undefined ? [] : [asked(indexed(`(${scalarToSql(forward)})::${type}`))]),
    // In it the column's own name stands for the new value.
    ...(reverse === undefined
      ? []
      : [asked(`DROP COLUMN ${name}, ADD COLUMN ${name} ${type}, ${indexed(scalarToSql(reverse))}`)]),
  ];
}
