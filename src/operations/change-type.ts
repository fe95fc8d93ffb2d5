import { z } from "zod";
import { type Catalog, type Column, factKey, type Question, type Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, sqlExpression, tableName, typeName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { parseExpression } from "../sql/expression.ts";
import { deriveName, ident, parseTableName } from "../sql/identifier.ts";
import { scalarToSql } from "../sql/expression.ts";
import { canonicalType } from "../steps/add-column.ts";
import { requireColumn, requireTable, withColumn } from "../steps/catalog-lookup.ts";
import { columnReference } from "./column-reference.ts";
import type { Operation, Phases } from "./operation.ts";
import { refuseUncarriable } from "./refuse-uncarriable.ts";
import { collation } from "./rename-column.ts";
import { assignmentCanRaise } from "../steps/cast.ts";
import { nameQuestions } from "../steps/free-of-path.ts";
import { viewsOf } from "../steps/following-views.ts";
import { usesColumns } from "../steps/schema-objects.ts";
import { columnBefore, unknownColumn } from "./add-again.ts";
import { isOfKey } from "./key-closure.ts";
import { type ChangeTypeFields, immutabilityQuestions } from "./change-type-fields.ts";
import { isGenerated } from "./generate-key-column.ts";
import { isCollatable, retypeKey } from "./retype-key.ts";

/**
 * A column gets a new type: in place where the server was seen to do that without touching a row (asked of an empty
 * copy of the table), else by a shadow column that takes over the name at the cut-over.
 */
export const changeType: Operation<ChangeTypeFields> = {
  kind: "change_type",
  fields: z
    .strictObject({
      table: tableName,
      column: columnName,
      type: typeName,
      collation: z.string().optional(),
      forward: sqlExpression.optional().describe("The new value from the old row; default: a cast."),
      reverse: sqlExpression
        .optional()
        .describe("The old value; the column's own name stands for the new value. Default: a cast."),
    })
    .describe("Changes the type of a column, which keeps its name."),
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) => [{ table: parseTableName(fields.table, schema), column: fields.column }],
  effects: ({ table, column }, schema) => usesColumns(table, schema, [column]),
  referenced: ({ table, column }, schema) => [{ table: parseTableName(table, schema), column }],
  questions: (fields, schema) => [
    alterQuestion(fields, schema),
    { ask: "type", type: fields.type },
    ...immutabilityQuestions(fields, schema),
    ...nameQuestions([fields.forward, fields.reverse]),
  ],
  compile(fields, catalog) {
    const table = requireTable(catalog, fields.table);
    const column = requireColumn(table, fields.column);
    const type = knownType(catalog, fields);
    if (type === column.type && fields.collation === undefined && fields.forward === undefined) {
      throw new SegueError("SEG0101", {
        message: `${relationKey(table)}.${fields.column} is of type ${type} already`,
        object: `${relationKey(table)}.${fields.column}`,
      });
    }
    if (inPlace(fields, catalog, table)) return alterInPlace(fields, column);
    return isOfKey(catalog, table, column)
      ? { ...retypeKey(fields, catalog, table, column, type), ...narrowing(table, column, type) }
      : byShadow(fields, catalog, table, column, type);
  },
  after: (fields, catalog) =>
    withColumn(catalog, parseTableName(fields.table, catalog.defaultSchema), fields.column, {
      type: canonicalType(catalog, fields.type),
    }),
  inverse(fields, before) {
    const { table, column, type, forward, reverse } = fields;
    if (isGenerated(fields, before)) {
      return {
        impossible: `the values of ${table}.${column} were made anew: the ones before went with the old column`,
      };
    }
    const old = columnBefore(before, table, column);
    if (old === null) return unknownColumn(table, column);
    const back = {
      table,
      column,
      type: old.type,
      ...(reverse === undefined ? {} : { forward: reverse }),
      ...(forward === undefined ? {} : { reverse: forward }),
    };
    const lossy = assignmentCanRaise(canonicalType(before, type), old.type);
    return {
      operations: [{ kind: "change_type", fields: back }],
      ...(lossy ? { lost: [`values of ${table}.${column} that ${old.type} can't hold: the fill stops at them`] } : {}),
    };
  },
};

function alterQuestion(fields: ChangeTypeFields, schema: string): Question {
  const collate = fields.collation === undefined ? "" : ` COLLATE ${fields.collation}`;
  return {
    ask: "alter",
    table: parseTableName(fields.table, schema),
    action: `ALTER COLUMN ${ident(fields.column)} TYPE ${fields.type}${collate}`,
  };
}

/** @throws SegueError SEG0101 if the server does not know the type. */
function knownType(catalog: Catalog, fields: ChangeTypeFields): string {
  const fact = catalog.facts[factKey({ ask: "type", type: fields.type })];
  if (fact === undefined || !("error" in fact)) return canonicalType(catalog, fields.type);
  throw new SegueError("SEG0101", { message: `type ${fields.type}: ${fact.error}`, object: fields.type });
}

/** A foreign key would be checked again over all rows, and a view or policy on the column makes the server refuse. */
function inPlace(fields: ChangeTypeFields, catalog: Catalog, table: Table): boolean {
  if (fields.forward !== undefined) return false;
  if (table.constraints.some((c) => c.kind === "foreign key" && c.columns.includes(fields.column))) return false;
  if (table.dependents.some((dependent) => dependent.columns.includes(fields.column))) return false;
  // The schema of the version that runs goes only at the contract.
  if (table.inVersions?.includes(fields.column) === true) return false;
  const fact = catalog.facts[factKey(alterQuestion(fields, catalog.defaultSchema))];
  return fact !== undefined && "rewrite" in fact && !fact.rewrite && !fact.scan && !fact.reindex;
}

function alterInPlace(fields: ChangeTypeFields, column: Column): Phases {
  // text and varchar without a length are the same bytes: the way back is as cheap. Any narrower type is not.
  const unlimited = ["text", "character varying"];
  const reverses = unlimited.includes(column.type);
  const { table, column: name, type } = fields;
  return {
    expand: [
      {
        kind: "alter_type",
        fields: { table, column: name, type, ...collation(fields.collation ?? null), reverses },
      },
    ],
    backfill: [],
    contract: [],
  };
}

function byShadow(fields: ChangeTypeFields, catalog: Catalog, table: Table, column: Column, type: string): Phases {
  const shadow = deriveName("segue_new_", fields.column, relationKey(table));
  const columns = table.columns.map((c) => c.name);
  const back = parseExpression(scalarToSql(fields.reverse ?? columnReference(fields.column)), { table, columns });
  const reverse = back.render("", new Map([[fields.column, shadow]]));
  const collate = fields.collation ?? (isCollatable(catalog, fields.type, type) ? column.collation : null);
  refuseUncarriable(catalog, table, fields.column, viewsOf(column, { type, collation: collate }));
  return {
    expand: [
      {
        kind: "add_column",
        fields: { table: fields.table, column: shadow, type: fields.type, like: fields.column, ...collation(collate) },
      },
      {
        kind: "sync",
        fields: {
          table: fields.table,
          forward: { [shadow]: fields.forward ?? columnReference(fields.column) },
          reverse: { [fields.column]: reverse },
        },
      },
    ],
    backfill: [
      { kind: "fill", fields: { table: fields.table } },
      { kind: "carry", fields: { table: fields.table, from: fields.column, to: shadow } },
    ],
    contract: [
      { kind: "replace_column", fields: { table: fields.table, column: fields.column, by: shadow, keep_name: true } },
    ],
    ...narrowing(table, column, type),
  };
}

/** Fewer digits behind the point are rounded away by every cast: `plan` says so. */
function narrowing(table: Table, column: Column, type: string): { warnings?: readonly string[] } {
  const scale = (text: string): number | null => {
    const match = /^numeric\(\d+,(\d+)\)$/.exec(text);
    return match === null ? null : Number(match[1]);
  };
  const [from, to] = [scale(column.type), scale(type)];
  if (to === null || (from !== null && from <= to) || !column.type.startsWith("numeric")) return {};
  return { warnings: [`values of ${relationKey(table)}.${column.name} are rounded to ${to} digits behind the point`] };
}
