import { createHash } from "node:crypto";
import { z } from "zod";
import type { Table } from "../model/catalog.ts";
import { columnName, sqlExpression, tableName } from "../model/fields.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ROW } from "../model/step.ts";
import { type Expression, parseExpression, scalarToSql } from "../sql/expression.ts";
import { deriveName, ident, parseTableName, qualified } from "../sql/identifier.ts";
import { dollarQuote, literal } from "../sql/literal.ts";
import { typeOnAnyPath } from "../sql/own-type.ts";
import type { Swap } from "./carry-renames.ts";
import { assignable } from "./cast.ts";
import { nameOf, requireColumn, requireTable } from "./catalog-lookup.ts";
import { firingTriggers } from "./fill.ts";
import { isFreeOfPath, nameQuestions, settledExpression } from "./free-of-path.ts";
import { generatedKey, type GenerateKeyFields } from "./generated-key.ts";
import type { LowerContext, StepKind } from "./step-kind.ts";
import { notFilling, RAISE_PASSING } from "./sync-function.ts";
import { familyLocks, shortTransaction, undoTransaction } from "./transaction-draft.ts";

/**
 * Gives each row of a table a value of its own for a key that is to come: a new row by a trigger, one that stands by the
 * fill. Whatever becomes of the old key, a row keeps it: by it the tables that reference the row will know it.
 */
export const generateKey: StepKind<GenerateKeyFields> = {
  kind: "generate_key",
  fields: z
    .strictObject({
      table: tableName,
      column: columnName.describe("The column of the key that stands."),
      by: columnName.describe("The column that gets the values."),
      value: sqlExpression.describe("Reads no column, and gives another value each time: gen_random_uuid()."),
      old_value: sqlExpression
        .optional()
        .describe("What makes an old value for a row that comes after the cut-over, if the old column has no default."),
    })
    .describe("Gives each row a value of its own in a key that is to come, once."),
  phases: ["expand"],
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: ({ by, column, table }, schema) =>
    [column, by].map((one) => ({ table: parseTableName(table, schema), column: one })),
  questions: ({ value }) => nameQuestions([value]),
  lower(fields, context) {
    const made = generationOf(fields, context);
    const { by, table, value } = made;
    const names = namesOf(table, context.plan);
    const type = requireColumn(table, by).type;
    const locks = familyLocks(table, "SHARE ROW EXCLUSIVE");
    return {
      expand: [
        shortTransaction(
          {
            title: `give each new row of ${relationKey(table)} its ${by}`,
            table,
            statements: [...create(made, context), proof(made)],
            locks,
          },
          [
            undoTransaction({
              title: `give no row of ${relationKey(table)} its ${by}`,
              table,
              statements: remove(table, context.plan),
              locks: familyLocks(table, "ACCESS EXCLUSIVE"),
            }),
          ],
        ),
      ],
      backfill: [
        {
          kind: "fill",
          title: `fill ${relationKey(table)} (${by})`,
          table: nameOf(table),
          set: [{ column: by, value: assignable(value.render(ROW), type) }],
          where: `${ROW}.${ident(by)} IS NULL`,
          userTriggers: context.settings.backfill.user_triggers,
          undo: [],
        },
      ],
      verify: [
        {
          table: nameOf(table),
          title: `each row of ${relationKey(table)} has its new key`,
          mismatch: `${ROW}.${ident(by)} IS NULL`,
        },
      ],
      watches: [
        {
          table: nameOf(table),
          triggers: [names.insertTrigger, names.updateTrigger],
          function: names.function,
          sources: [createHash("md5").update(bodyOf(made, context.plan)).digest("hex")],
        },
      ],
      warnings: firingTriggers(table, context.settings),
    };
  },
};

/** Ends the generation at the cut-over, where the default of the column takes over; and the way back. */
export function endGeneration(context: LowerContext, table: Table): Swap {
  const found = generatedKey(context, table);
  if (found === undefined) return { apply: [], undo: [] };
  const made = generationOf(found, context);
  return { apply: remove(table, context.plan), undo: create(made, context) };
}

interface Generation {
  readonly table: Table;
  readonly column: string;
  readonly by: string;
  readonly value: Expression;
  readonly oldValue: Expression | null;
  /** True if `value` means the same on any search_path. */
  readonly anyPath: boolean;
}

function generationOf(fields: GenerateKeyFields, context: LowerContext): Generation {
  const { by, column, old_value: oldValue, table, value } = fields;
  const found = requireTable(context.catalog, table);
  const columns = found.columns.map((c) => c.name);
  const parsed = (scalar: string | number | boolean): Expression =>
    parseExpression(scalarToSql(scalar), { table: found, columns });
  const { type } = requireColumn(found, by);
  const expression = settledExpression({ expression: parsed(value), type }, context);
  return {
    table: found,
    column,
    by,
    value: expression,
    oldValue: oldValue === undefined ? null : parsed(oldValue),
    anyPath: isFreeOfPath(found, [{ expression, type }], context),
  };
}

/** The letter before `i` and `r`: it fires before what reads the value, and behind the application's own triggers. */
function namesOf(
  table: RelationName,
  plan: string,
): { readonly function: RelationName; readonly insertTrigger: string; readonly updateTrigger: string } {
  const seed = `${plan}:${relationKey(table)}`;
  return {
    function: { schema: "segue", name: deriveName("sync_key_", table.name, seed) },
    insertTrigger: deriveName("zzz_segue_generate_insert_", table.name, seed),
    updateTrigger: deriveName("zzz_segue_generate_update_", table.name, seed),
  };
}

function create(made: Generation, { plan }: LowerContext): readonly string[] {
  const { anyPath, by, table } = made;
  const names = namesOf(table, plan);
  const path = [...new Set([table.schema, "public"])].map(ident).join(", ");
  const pinned = anyPath ? "" : `SET search_path = ${path}, pg_temp `;
  const trigger = (name: string, event: string, when: string): string[] => [
    `CREATE TRIGGER ${ident(name)} BEFORE ${event} ON ${qualified(table)} FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION ${qualified(names.function)}()`,
    ...(table.subscribed ? [`ALTER TABLE ${qualified(table)} ENABLE ALWAYS TRIGGER ${ident(name)}`] : []),
  ];
  const changes = `NEW.${ident(by)} IS NULL OR NEW.${ident(by)} IS DISTINCT FROM OLD.${ident(by)}`;
  return [
    `CREATE OR REPLACE FUNCTION ${qualified(names.function)}() RETURNS trigger LANGUAGE plpgsql ${pinned}AS ${dollarQuote(bodyOf(made, plan))}`,
    ...trigger(names.insertTrigger, "INSERT", `${notFilling(plan, "when")} AND NEW.${ident(by)} IS NULL`),
    ...trigger(names.updateTrigger, "UPDATE", `${notFilling(plan, "when")} AND (${changes})`),
  ];
}

function remove(table: Table, plan: string): readonly string[] {
  const names = namesOf(table, plan);
  return [
    `DROP TRIGGER IF EXISTS ${ident(names.insertTrigger)} ON ${qualified(table)}`,
    `DROP TRIGGER IF EXISTS ${ident(names.updateTrigger)} ON ${qualified(table)}`,
    `DROP FUNCTION IF EXISTS ${qualified(names.function)}()`,
  ];
}

/** What is missing, or of another type, is found while nothing has changed, and not by the application's next insert. */
function proof({ by, column, oldValue, table, value }: Generation): string {
  const made = (expression: Expression, into: string): string =>
    assignable(expression.render(ROW), requireColumn(table, into).type);
  const values = [made(value, by), ...(oldValue === null ? [] : [made(oldValue, column)])];
  return `EXPLAIN SELECT FROM ${qualified(table)} AS ${ROW} WHERE ROW(${values.join(", ")}) IS NULL`;
}

/**
 * A value that stands is changed by nobody: the old references would go on, and the new ones would lead nowhere, for no
 * foreign key is there yet to stop that or to pass it on.
 */
function bodyOf({ by, column, table, value }: Generation, plan: string): string {
  const { type } = requireColumn(table, by);
  const place = `${relationKey(table)}.${column}`;
  const assign = `NEW.${ident(by)} := ${assignable(value.render("NEW"), typeOnAnyPath(type))};`;
  const key = table.constraints.find(({ kind }) => kind === "primary key")?.columns ?? [column];
  const row = `pg_catalog.jsonb_build_object(${key.map((one) => `${literal(one)}, NEW.${ident(one)}`).join(", ")})`;
  const here = [plan, table.schema, table.name].map(literal).join(", ");
  const guarded = [
    "    BEGIN",
    `      ${assign}`,
    "    EXCEPTION WHEN OTHERS THEN",
    `      ${RAISE_PASSING}`,
    `      PERFORM segue.quarantine(${here}, ${row}, SQLERRM, SQLSTATE);`,
    "    END;",
  ];
  const lines = [
    "BEGIN",
    "  IF TG_OP = 'UPDATE' THEN",
    `    IF OLD.${ident(by)} IS NOT NULL THEN`,
    "      RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',",
    `        MESSAGE = ${literal(`the new value of ${place} can't be changed before the cut-over`)},`,
    `        HINT = ${literal("The rows that reference it would lose it: only the cut-over makes the new foreign keys.")};`,
    "    END IF;",
    "  END IF;",
    `  IF NEW.${ident(by)} IS NULL THEN`,
    ...(value.canRaise ? guarded : [`    ${assign}`]),
    "  END IF;",
    "  RETURN NEW;",
    "END",
  ];
  return `\n${lines.join("\n")}\n`;
}
