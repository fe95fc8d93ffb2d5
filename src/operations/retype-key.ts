import { type Catalog, type Column, factKey, type Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import { type Expression, parseExpression, scalarToSql } from "../sql/expression.ts";
import { deriveName } from "../sql/identifier.ts";
import { canBeIdentity } from "../steps/move-identity.ts";
import { type ChangeTypeFields, FIXED, immutabilityQuestions } from "./change-type-fields.ts";
import { columnReference } from "./column-reference.ts";
import { generateKeyColumn, isGenerated } from "./generate-key-column.ts";
import { referencingColumns } from "./key-closure.ts";
import type { Phases } from "./operation.ts";
import { refusal } from "./refuse-generated.ts";
import { type Duplicated, replaceKeyColumn } from "./replace-key-column.ts";

/**
 * A column of a key gets another type, and so does every column that references it, at first or second hand. Each derives
 * its new value from its own old one, by the same expression: so a reference stays a reference only if that gives the
 * same for the same, in every table and at any time.
 *
 * @throws SegueError SEG0102 if it does not, or something can't be carried over.
 */
export function retypeKey(
  fields: ChangeTypeFields,
  catalog: Catalog,
  table: Table,
  column: Column,
  type: string,
): Phases {
  const referencing = referencingColumns(catalog, table, column, type);
  if (isGenerated(fields, catalog)) return generateKeyColumn(fields, catalog, { table, column, type, referencing });
  if (column.identity !== null && !canBeIdentity(type)) {
    throw refusal(table, column, `it is an identity column, which can't be ${type}`, "give it a plain default first");
  }
  requireFixed(fields, catalog, table, column, type);
  const columns = table.columns.map((c) => c.name);
  const parsed = (scalar: string | number | boolean): Expression =>
    parseExpression(scalarToSql(scalar), { table, columns });
  const [forward, reverse] = [
    parsed(fields.forward ?? columnReference(column.name)),
    parsed(fields.reverse ?? columnReference(column.name)),
  ];
  for (const read of referencing.length === 0 ? [] : [...forward.columns, ...reverse.columns]) {
    if (read === column.name) continue;
    const why = `its expressions read ${read}, which the tables that reference it don't have`;
    throw refusal(table, column, why, "write `forward` and `reverse` over the column alone");
  }
  const duplicated = (on: Table, own: Column): Duplicated => {
    const by = deriveName("segue_new_", own.name, relationKey(on));
    return {
      table: on,
      column: own.name,
      by,
      type: fields.type,
      collation: fields.collation ?? (isCollatable(catalog, fields.type, type) ? own.collation : null),
      forward:
        own === column && fields.forward !== undefined
          ? fields.forward
          : forward.render("", new Map([[column.name, own.name]])),
      reverse: reverse.render("", new Map([[column.name, by]])),
    };
  };
  return replaceKeyColumn(
    catalog,
    [
      duplicated(table, column),
      ...referencing.filter(({ changes }) => changes).map((one) => duplicated(one.table, one.column)),
    ],
    referencing.filter(({ changes }) => !changes).map((one) => ({ table: one.table, column: one.column.name })),
    true,
  );
}

/** @throws SegueError SEG0102 for an expression, or a cast, that may come to another value in another table. */
function requireFixed(fields: ChangeTypeFields, catalog: Catalog, table: Table, column: Column, type: string): void {
  const next = "write it by immutable functions of the column alone";
  for (const question of immutabilityQuestions(fields, catalog.defaultSchema)) {
    const fact = catalog.facts[factKey(question)];
    if (fact !== undefined && !("error" in fact)) continue;
    const why = fact === undefined ? "it was not asked for" : fact.error;
    throw refusal(table, column, `its expressions must give the same value for the same key: ${why}`, next);
  }
  if (FIXED.test(column.type) && (fields.forward !== undefined || FIXED.test(type))) return;
  throw refusal(
    table,
    column,
    `a cast between ${column.type} and ${type} may depend on settings`,
    "add a column of the new type by explicit phases instead",
  );
}

/** A collation goes along only to a type that has one. */
export function isCollatable(catalog: Catalog, written: string, type: string): boolean {
  const fact = catalog.facts[factKey({ ask: "type", type: written })];
  if (fact !== undefined && "type" in fact && fact.collatable !== undefined) return fact.collatable;
  return /^(text|character varying|character|name)(\W|$)/.test(type);
}
