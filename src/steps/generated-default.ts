import type { Table } from "../model/catalog.ts";
import { scalarToSql } from "../sql/expression.ts";
import { ident, qualified } from "../sql/identifier.ts";
import type { MovedDefault } from "./carry-default.ts";
import { assignable } from "./cast.ts";
import type { GenerateKeyFields } from "./generated-key.ts";

/**
 * What gives a row both of its keys from the cut-over on: the new column makes its own values by default, and the hidden one
 * goes on as it did, by its identity, its sequence or its default. No trigger has a part in it.
 */
export function generatedDefault(
  table: Table,
  { old_value: oldValue, value }: GenerateKeyFields,
  { final, hidden, oldType, type }: Readonly<Record<"final" | "hidden" | "oldType" | "type", string>>,
): MovedDefault {
  const alter = (column: string): string => `ALTER TABLE ${qualified(table)} ALTER COLUMN ${ident(column)}`;
  const given =
    oldValue === undefined ? [] : [`${alter(hidden)} SET DEFAULT ${assignable(scalarToSql(oldValue), oldType)}`];
  return {
    apply: [`${alter(final)} SET DEFAULT ${assignable(scalarToSql(value), type)}`, ...given],
    undo: [`${alter(final)} DROP DEFAULT`, ...given.map(() => `${alter(hidden)} DROP DEFAULT`)],
    losses: [],
  };
}
