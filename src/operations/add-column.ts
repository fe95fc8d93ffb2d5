import { z } from "zod";
import { type Fact, factKey, type Question } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, references, type References, sqlExpression, tableName, typeName } from "../model/fields.ts";
import type { Spec } from "../model/plan.ts";
import { relationKey } from "../model/relation.ts";
import { ident, parseTableName } from "../sql/identifier.ts";
import { scalarToSql } from "../sql/expression.ts";
import { addColumnStep } from "../steps/add-column.ts";
import { requireNoColumn, requireTable, withColumn } from "../steps/catalog-lookup.ts";
import { nameQuestions } from "../steps/free-of-path.ts";
import { columnConstraints } from "./column-constraints.ts";
import type { Operation, Phases } from "./operation.ts";

interface AddColumnFields {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable?: boolean | undefined;
  readonly default?: string | number | boolean | undefined;
  readonly fill?: string | number | boolean | undefined;
  readonly check?: string | number | boolean | undefined;
  readonly references?: References | undefined;
  readonly unique?: boolean | undefined;
  readonly comment?: string | undefined;
  readonly collation?: string | undefined;
  readonly generated?: string | undefined;
}

/**
 * Adds a column. A constant or stable default is one fast ALTER (asked of an empty copy of the table: does it rewrite?);
 * a volatile default, or a `fill`, is a nullable column that is filled in batches and only then required.
 */
export const addColumn: Operation<AddColumnFields> = {
  kind: "add_column",
  fields: z
    .strictObject({
      table: tableName,
      column: columnName,
      type: typeName,
      nullable: z.boolean().optional().describe("Default true. `false` needs a `default` or a `fill`."),
      default: sqlExpression.optional(),
      fill: sqlExpression
        .optional()
        .describe("What existing rows get, and rows that old writers leave without a value."),
      check: sqlExpression
        .optional()
        .describe("A check of the column's values, validated before the rollout is ready."),
      references: references.optional(),
      unique: z.boolean().optional(),
      comment: z.string().optional(),
      collation: z.string().optional().describe('As SQL writes it: `"C"`.'),
      generated: z.string().optional().describe("18+: the expression of a virtual generated column."),
    })
    .refine((f) => f.generated === undefined || (f.default === undefined && f.fill === undefined), {
      error: "`generated` excludes `default` and `fill`",
    })
    .describe("Adds a column to a table."),
  tables: (fields, schema) => [
    parseTableName(fields.table, schema),
    ...(fields.references === undefined ? [] : [parseTableName(fields.references.table, schema)]),
  ],
  touches: (fields, schema) => [{ table: parseTableName(fields.table, schema), column: fields.column }],
  effects: addColumnStep.effects,
  questions: (fields, schema) => [
    addQuestion(fields, schema),
    { ask: "type", type: fields.type },
    // A default may turn out to need a fill.
    ...(fields.fill === undefined && fields.default === undefined
      ? []
      : nameQuestions([fields.fill ?? fields.default])),
  ],
  compile(fields, catalog) {
    const table = requireTable(catalog, fields.table);
    requireNoColumn(table, fields.column);
    refusePseudoTypes(fields);
    const place = `${relationKey(table)}.${fields.column}`;
    const fact = catalog.facts[factKey(addQuestion(fields, catalog.defaultSchema))];
    const created = relationKey(table) in catalog.tables && table.oid === 0;
    if (!created) refuseWhatTheServerRefuses(fact, place);
    const rewrites = fact !== undefined && "rewrite" in fact && (fact.rewrite || fact.scan || fact.reindex);
    const fill = fields.fill ?? (rewrites ? fields.default : undefined);
    if (fields.generated !== undefined && catalog.major < 18) {
      throw new SegueError("SEG0103", {
        message: `${place}: a generated column can be added without a rewrite only as VIRTUAL, which PostgreSQL has from 18 on`,
        object: place,
      });
    }
    if (
      fields.nullable === false &&
      fields.default === undefined &&
      fill === undefined &&
      fields.generated === undefined
    ) {
      throw new SegueError("SEG0101", {
        message: `${place} is not nullable and has neither \`default\` nor \`fill\`: existing rows and old writers would have no value for it`,
        object: place,
      });
    }
    if (rewrites && fields.default === undefined) {
      throw new SegueError("SEG0103", {
        message: `${place}: adding a column of type ${fields.type} rewrites the table under a lock, even without a default`,
        object: place,
        next: "use a type without constraints, and add_check for what the type asks",
      });
    }
    return fill === undefined ? plain(fields) : filled(fields, fill);
  },
  after(fields, catalog) {
    const { table, column, type, nullable } = fields;
    const next = addColumnStep.after?.({ table, column, type, ...defaultOf(fields) }, catalog) ?? catalog;
    return withColumn(next, parseTableName(table, catalog.defaultSchema), column, { notNull: nullable === false });
  },
  inverse: ({ table, column }) => ({ operations: [{ kind: "drop_column", fields: { table, column } }] }),
};

function defaultOf(fields: AddColumnFields): { default?: string | number | boolean } {
  return fields.default === undefined ? {} : { default: fields.default };
}

function addQuestion(fields: AddColumnFields, schema: string): Question {
  const given = fields.default === undefined ? "" : ` DEFAULT ${scalarToSql(fields.default)}`;
  const collate = fields.collation === undefined ? "" : ` COLLATE ${fields.collation}`;
  const action = `ADD COLUMN ${ident(fields.column)} ${fields.type}${collate}${given}`;
  return { ask: "alter", table: parseTableName(fields.table, schema), action };
}

function refuseWhatTheServerRefuses(fact: Fact | undefined, place: string): void {
  if (fact === undefined || !("error" in fact)) return;
  throw new SegueError("SEG0101", {
    message: `${place}: ${fact.error}`,
    object: place,
    detail: { sqlstate: fact.sqlstate },
  });
}

function refusePseudoTypes(fields: AddColumnFields): void {
  if (!/^(small|big)?serial\d?$/i.test(fields.type.trim())) return;
  throw new SegueError("SEG0103", {
    message: `${fields.table}.${fields.column}: ${fields.type} is no type but a sequence and a volatile default, which rewrites the table`,
    object: `${fields.table}.${fields.column}`,
    next: "create a sequence in an `sql` operation and give `default: nextval('…')` with the integer type",
  });
}

const omitUndefined = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function plain(fields: AddColumnFields): Phases {
  const { table, column, type, nullable, collation, generated, comment } = fields;
  const entry: Spec = {
    kind: "add_column",
    fields: omitUndefined({ table, column, type, nullable, default: fields.default, collation, generated, comment }),
  };
  return { expand: [entry], backfill: columnConstraints(fields), contract: [] };
}

function filled(fields: AddColumnFields, value: string | number | boolean): Phases {
  const { table, column, type, collation, comment } = fields;
  return {
    expand: [
      {
        kind: "add_column",
        fields: omitUndefined({ table, column, type, collation, comment, new_default: fields.default }),
      },
      { kind: "sync", fields: { table, fill: { [column]: value } } },
    ],
    backfill: [
      { kind: "fill", fields: { table } },
      ...(fields.nullable === false ? [{ kind: "set_not_null", fields: { table, column } }] : []),
      ...columnConstraints(fields),
    ],
    contract: [{ kind: "drop_sync", fields: { table } }],
  };
}
