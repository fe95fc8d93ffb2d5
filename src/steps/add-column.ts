import { z } from "zod";
import { type Catalog, type Column, factKey, type Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, sqlExpression, tableName, typeName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { scalarToSql } from "../sql/expression.ts";
import { duplicateAttributes } from "./carry-attributes.ts";
import { partitionsOf } from "./carry-family.ts";
import {
  exclusiveLocks,
  requireColumn,
  requireNoColumn,
  requireOwnColumns,
  requireTable,
  withTable,
} from "./catalog-lookup.ts";
import type { StepKind } from "./step-kind.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";
import { columnObjects, usesColumns } from "./schema-objects.ts";

interface AddColumnFields {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable?: boolean | undefined;
  readonly default?: string | number | boolean | undefined;
  readonly new_default?: string | number | boolean | undefined;
  readonly collation?: string | undefined;
  readonly generated?: string | undefined;
  readonly comment?: string | undefined;
  readonly like?: string | undefined;
}

/** One short ALTER TABLE … ADD COLUMN, with nothing that rewrites or scans. */
export const addColumnStep = {
  kind: "add_column",
  fields: z
    .strictObject({
      table: tableName,
      column: columnName,
      type: typeName,
      nullable: z.boolean().optional().describe("Default true. `false` needs a constant `default`."),
      default: sqlExpression.optional().describe("A constant or stable default: existing rows show it at once."),
      new_default: sqlExpression
        .optional()
        .describe("A default for rows inserted from now on; existing rows stay NULL."),
      collation: z.string().optional().describe('As SQL writes it: `"C"`, `public.german`.'),
      generated: z.string().optional().describe("18+: a virtual generated column with this expression."),
      comment: z.string().optional(),
      like: columnName
        .optional()
        .describe("Storage, compression, statistics target, comment and grants are copied from this column."),
    })
    .describe("Adds a column."),
  phases: ["expand"],
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) => [{ table: parseTableName(fields.table, schema), column: fields.column }],
  effects: ({ table, column }, schema) => ({
    ...usesColumns(table, schema),
    creates: columnObjects(table, schema, [column]),
  }),
  lower(fields, context) {
    const table = requireTable(context.catalog, fields.table);
    requireNoColumn(table, fields.column);
    requireOwnColumns(table);
    refuseConstrainedDomain(table, fields, context.catalog);
    const target = `ALTER TABLE ${qualified(table)}`;
    const locks = exclusiveLocks(table);
    const place = `${relationKey(table)}.${fields.column}`;
    const statements = [
      `${target} ADD COLUMN ${definition(fields)}`,
      ...(fields.new_default === undefined
        ? []
        : [`${target} ALTER COLUMN ${ident(fields.column)} SET DEFAULT ${scalarToSql(fields.new_default)}`]),
      ...(fields.like === undefined
        ? []
        : duplicateAttributes(
            table,
            requireColumn(table, fields.like),
            fields.column,
            canonicalType(context.catalog, fields.type),
            partitionsOf(context.catalog, table),
          )),
      ...(fields.comment === undefined
        ? []
        : [`COMMENT ON COLUMN ${qualified(table)}.${ident(fields.column)} IS ${literal(fields.comment)}`]),
    ];
    const drop = [`${target} DROP COLUMN IF EXISTS ${ident(fields.column)}`];
    return {
      expand: [
        shortTransaction({ title: `add column ${place} ${fields.type}`, table, statements, locks }, [
          undoTransaction({ title: `drop column ${place}`, table, statements: drop, locks }),
        ]),
      ],
    };
  },
  after: (fields, catalog) => withNewColumn(catalog, fields),
  questions: (fields) => [{ ask: "type", type: fields.type }],
} satisfies StepKind<AddColumnFields>;

/**
 * ADD COLUMN goes through all rows for a domain with constraints, under ACCESS EXCLUSIVE, be it only to write NULLs.
 *
 * @throws SegueError SEG0103; a table that the plan creates has no rows.
 */
function refuseConstrainedDomain(table: Table, fields: AddColumnFields, catalog: Catalog): void {
  const fact = catalog.facts[factKey({ ask: "type", type: fields.type })];
  const like = fields.like === undefined ? undefined : requireColumn(table, fields.like);
  const same = like?.type === canonicalType(catalog, fields.type) && like.constrainedType === true;
  const constrained = same || (fact !== undefined && "type" in fact && fact.constrained === true);
  if (!constrained || table.oid === 0) return;
  throw new SegueError("SEG0103", {
    message: `${relationKey(table)}.${fields.column}: ${fields.type} is a domain with constraints, and adding a column of one rewrites the table under a lock`,
    object: `${relationKey(table)}.${fields.column}`,
    next: "use the type under the domain, and add_check for what the domain asks",
  });
}

function definition(fields: AddColumnFields): string {
  return [
    ident(fields.column),
    fields.type,
    ...(fields.collation === undefined ? [] : [`COLLATE ${fields.collation}`]),
    ...(fields.default === undefined ? [] : [`DEFAULT ${scalarToSql(fields.default)}`]),
    ...(fields.generated === undefined ? [] : [`GENERATED ALWAYS AS (${fields.generated}) VIRTUAL`]),
    ...(fields.nullable === false ? ["NOT NULL"] : []),
  ].join(" ");
}

/** The catalog once the column stands. */
function withNewColumn(catalog: Catalog, fields: AddColumnFields): Catalog {
  const table = requireTable(catalog, fields.table);
  const like = fields.like === undefined ? null : requireColumn(table, fields.like);
  const given = fields.default ?? fields.new_default;
  const column: Column = {
    ...(like ?? PLAIN),
    name: fields.column,
    attnum: Math.max(0, ...table.columns.map((c) => c.attnum)) + 1,
    type: canonicalType(catalog, fields.type),
    notNull: fields.nullable === false,
    notNullConstraint: null,
    notNullValid: true,
    default: given === undefined ? null : scalarToSql(given),
    identity: null,
    generated: fields.generated === undefined ? null : { kind: "virtual", expression: fields.generated },
    sequence: null,
    collation: fields.collation ?? like?.collation ?? null,
    comment: fields.comment ?? like?.comment ?? null,
    inherited: false,
  };
  const next: Table = { ...table, columns: [...table.columns, column] };
  return withTable(catalog, next);
}

const PLAIN: Pick<Column, "storage" | "defaultStorage" | "compression" | "statisticsTarget" | "options" | "grants"> = {
  storage: "plain",
  defaultStorage: "plain",
  compression: null,
  statisticsTarget: null,
  options: [],
  grants: [],
};

/** The type as the server writes it, if the plan asked; else as the plan does. */
export function canonicalType(catalog: Catalog, written: string): string {
  const fact = catalog.facts[factKey({ ask: "type", type: written })];
  return fact !== undefined && "type" in fact ? fact.type : written;
}
