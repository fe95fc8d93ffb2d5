import { z } from "zod";
import type { Table } from "../model/catalog.ts";
import { tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName, qualified } from "../sql/identifier.ts";
import { nameOf } from "./catalog-lookup.ts";
import { requireOwnPlan } from "./own-plan.ts";
import { tableObject, usesColumns } from "./schema-objects.ts";
import type { StepKind } from "./step-kind.ts";
import { aliasable, aliasName, aliasQuestion, aliasStatements, type TableAlias } from "./table-alias.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";

interface AliasTableFields {
  readonly table: string;
  readonly as: string;
}

/** A view under a second name, through which a table can be read and written. */
export const aliasTable = {
  kind: "alias_table",
  fields: z
    .strictObject({
      table: tableName,
      as: tableName.describe("The second name, in the schema of the table."),
    })
    .describe("Gives a table a second name: a view that can be written through."),
  phases: ["expand"],
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) => [
    { table: parseTableName(fields.table, schema), column: null },
    { table: aliasName(fields.table, fields.as, schema), column: null },
  ],
  effects: (fields, schema) => ({
    ...usesColumns(fields.table, schema),
    creates: [tableObject(fields.as, parseTableName(fields.table, schema).schema)],
  }),
  questions: (fields, schema) => [aliasQuestion(fields.table, fields.as, schema)],
  lower(fields, context) {
    const found = aliasable(fields.table, fields.as, context.catalog);
    const { table, alias } = found;
    requireOwnPlan("alias_table", [table, alias], ["alias_table", "rename_table"], context);
    return {
      expand: [
        shortTransaction(
          {
            title: `create view ${relationKey(alias)} over table ${relationKey(table)}`,
            table,
            statements: aliasStatements(found, context.catalog.major),
            locks: [{ relation: nameOf(table), mode: "ACCESS SHARE" }],
          },
          [
            undoTransaction({
              title: `drop view ${relationKey(alias)}`,
              table,
              statements: [`DROP VIEW IF EXISTS ${qualified(alias)}`],
              locks: [{ relation: nameOf(alias), mode: "ACCESS EXCLUSIVE" }],
            }),
          ],
        ),
      ],
      warnings: limitsOf(found, context.catalog.major),
    };
  },
  after(fields, catalog) {
    const { table, alias } = aliasable(fields.table, fields.as, catalog);
    const view: Table = { ...table, ...alias, kind: "view", indexes: [], constraints: [] };
    return {
      ...catalog,
      relationNames: [...catalog.relationNames, relationKey(alias)],
      tables: { ...catalog.tables, [relationKey(alias)]: view },
    };
  },
} satisfies StepKind<AliasTableFields>;

function limitsOf({ table, alias }: TableAlias, major: number): readonly string[] {
  const name = relationKey(alias);
  const merge = major < 17 ? "MERGE INTO, " : "";
  return [
    `until the contract ${name} is a view: COPY … FROM, TRUNCATE, ${merge}ON CONFLICT ON CONSTRAINT, WHERE CURRENT OF, TABLESAMPLE, ctid and GROUP BY of the primary key alone do not work on it`,
    ...(table.columns.some(({ generated }) => generated !== null)
      ? [`SET … = DEFAULT of a generated column does not work on the view ${name}; leave the column out`]
      : []),
    ...(table.inheritanceChildren.length > 0
      ? [`ONLY ${name} does not leave out the inheritance children of ${relationKey(table)}`]
      : []),
  ];
}
