import { z } from "zod";
import type { Column, Table } from "../model/catalog.ts";
import { columnName, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { defaultAtCutover } from "./carry-default.ts";
import { partitionsOf } from "./carry-family.ts";
import { carryRenames } from "./carry-renames.ts";
import { assignmentCanRaise } from "./cast.ts";
import { exclusiveLocks, nameOf, requireColumn, requireTable } from "./catalog-lookup.ts";
import { hiddenName } from "./contract-entries.ts";
import { dropHiddenColumn } from "./drop-hidden-column.ts";
import { restoreNotNull } from "./restore-not-null.ts";
import type { StepKind } from "./step-kind.ts";
import { unrepresentable } from "./sync-verification.ts";

interface ReplaceColumnFields {
  readonly table: string;
  readonly column: string;
  readonly by: string;
  readonly keep_name?: boolean | undefined;
}

/**
 * The cut-over from a column to its duplicate, in one short transaction: the old column is renamed out of sight, what
 * hangs on the duplicate takes the original names, the default moves. Nothing is destroyed before the drop.
 */
export const replaceColumn: StepKind<ReplaceColumnFields> = {
  kind: "replace_column",
  fields: z
    .strictObject({
      table: tableName,
      column: columnName.describe("The column that goes."),
      by: columnName.describe("The duplicate that takes its place."),
      keep_name: z.boolean().optional().describe("True: the duplicate takes over the name, for a change of type."),
    })
    .describe("Cuts over from a column to its duplicate; hides it, and drops it after the soak."),
  phases: ["contract"],
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) => {
    const table = parseTableName(fields.table, schema);
    return [fields.column, fields.by].map((column) => ({ table, column }));
  },
  lower(fields, context) {
    const table = requireTable(context.catalog, fields.table);
    const old = requireColumn(table, fields.column);
    const fresh = requireColumn(table, fields.by);
    const hidden = hiddenName(table, fields.column, context.plan);
    const final = fields.keep_name === true ? fields.column : fields.by;
    const target = `ALTER TABLE ${qualified(table)}`;
    const rename = (from: string, to: string): string => `${target} RENAME COLUMN ${ident(from)} TO ${ident(to)}`;
    const swapsName = fields.keep_name === true;
    // A value that the old type can't hold leaves the hidden column NULL.
    const nullable = old.notNull && mayBecomeNull(old, fresh);
    const partitions = partitionsOf(context.catalog, table);
    const moved = defaultAtCutover(table, old, { hidden, final, type: fresh.type }, partitions);
    const names = carryRenames(table, fields.column, context.plan, {
      catalog: context.catalog,
      oldBecomesNullable: nullable,
    });
    const body = {
      kind: "transaction" as const,
      table: nameOf(table),
      locks: exclusiveLocks(table),
      patience: "short" as const,
      scans: false,
      rewrites: false,
    };
    const undo: UndoStep = {
      ...body,
      id: "",
      title: `show column ${relationKey(table)}.${fields.column} again`,
      statements: [
        ...names.undo,
        ...moved.undo,
        ...(swapsName ? [rename(final, fields.by)] : []),
        rename(hidden, fields.column),
      ],
    };
    return {
      cutover: [
        {
          ...body,
          title: `cut over from ${relationKey(table)}.${fields.column} to ${swapsName ? fresh.type : final}`,
          statements: [
            rename(fields.column, hidden),
            ...(swapsName ? [rename(fields.by, final)] : []),
            ...moved.apply,
            ...names.apply,
            ...(nullable ? [`${target} ALTER COLUMN ${ident(hidden)} DROP NOT NULL`] : []),
          ],
          undo: [undo, ...(nullable ? restoreNotNull(table, fields.column) : [])],
        },
      ],
      drop: dropHiddenColumn(table, fields.column, hidden, context.plan),
      hides: [{ table: nameOf(table), column: fields.column }],
      losses: [...moved.losses, ...losses(table, fields, hidden, final, old, fresh)],
      warnings: warnings(table, fields, swapsName),
    };
  },
};

function mayBecomeNull(old: Column, fresh: Column): boolean {
  return assignmentCanRaise(fresh.type, old.type);
}

function losses(table: Table, fields: ReplaceColumnFields, hidden: string, final: string, old: Column, fresh: Column) {
  return mayBecomeNull(old, fresh) ? [unrepresentable(table, hidden, final, fields.column)] : [];
}

function warnings(table: Table, fields: ReplaceColumnFields, swapsName: boolean): string[] {
  const place = `${relationKey(table)}.${fields.column}`;
  return [
    `the new column stands at the end of ${relationKey(table)}: a positional INSERT and \`select *\` see that, and a prepared \`select *\` fails once`,
    ...(swapsName
      ? [
          `both application versions see the old type of ${place} until the cut-over and the new one after it: they must tolerate both`,
        ]
      : []),
  ];
}
