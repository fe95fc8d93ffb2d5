import { z } from "zod";
import type { Table } from "../model/catalog.ts";
import { columnName, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { defaultAtCutover } from "./carry-default.ts";
import { partitionsOf } from "./carry-family.ts";
import { carryRenames } from "./carry-renames.ts";
import { preparedStatementsFail } from "./alter-type.ts";
import { assignmentCanRaise } from "./cast.ts";
import { exclusiveLocks, nameOf, requireColumn, requireTable } from "./catalog-lookup.ts";
import { hiddenName } from "./contract-entries.ts";
import { followerLocks, followerWarnings, viewsOf } from "./following-views.ts";
import { dropNotNullStatements } from "./drop-not-null-statements.ts";
import { dropHiddenColumn } from "./drop-hidden-column.ts";
import { notNullNames } from "./not-null-names.ts";
import { restoreNotNull } from "./restore-not-null.ts";
import type { LowerContext, StepKind } from "./step-kind.ts";
import { unrepresentable } from "./sync-verification.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";
import { viewLocks, viewSwap } from "./view-swap.ts";

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
    const unheld = assignmentCanRaise(fresh.type, old.type) || !isCopied(fields, context);
    const nullable = old.notNull && unheld;
    const partitions = partitionsOf(context.catalog, table);
    const moved = defaultAtCutover(table, old, { hidden, final, type: fresh.type }, partitions);
    const names = carryRenames(table, fields.column, context.plan, {
      catalog: context.catalog,
      oldBecomesNullable: nullable,
    });
    const follows = viewsOf(old, fresh) === "follow";
    const none = { apply: [], undo: [] };
    const first = follows ? viewLocks(table, context) : none;
    const views = follows ? viewSwap(table, { ...fields, hidden, final }, context) : none;
    const locks = [...exclusiveLocks(table), ...(follows ? followerLocks(table, fields.column) : [])];
    const place = `${relationKey(table)}.${fields.column}`;
    const back = undoTransaction({
      title: `show column ${place} again`,
      table,
      locks,
      statements: [
        ...first.undo,
        ...names.undo,
        ...moved.undo,
        ...views.undo,
        ...(swapsName ? [rename(final, fields.by)] : []),
        rename(hidden, fields.column),
      ],
    });
    const cutover = {
      title: `cut over from ${place} to ${swapsName ? fresh.type : final}`,
      table,
      locks,
      statements: [
        ...first.apply,
        rename(fields.column, hidden),
        ...(swapsName ? [rename(fields.by, final)] : []),
        ...views.apply,
        ...moved.apply,
        ...names.apply,
        ...(nullable ? dropNotNullStatements(context.catalog, table, fields.column, hidden) : []),
      ],
    };
    return {
      cutover: [
        shortTransaction(cutover, [back, ...(nullable ? restoreNotNull(table, fields.column, partitions) : [])]),
      ],
      drop: [
        ...dropHiddenColumn(table, fields.column, hidden, context.plan),
        ...notNullNames(context.catalog, table, fields.column, final, context.plan),
      ],
      hides: [{ table: nameOf(table), column: fields.column, ...(follows ? { followed: fields.by } : {}) }],
      losses: [...moved.losses, ...(unheld ? [unrepresentable(table, hidden, final, fields.column)] : [])],
      warnings: [
        ...warnings(table, fields, swapsName, context.settings.views),
        ...(follows ? followerWarnings(table, fields.column, final) : []),
      ],
    };
  },
};

/** True if the sync derives the old column by just copying the new one. */
function isCopied(fields: ReplaceColumnFields, { catalog, entries }: LowerContext): boolean {
  const keyOf = (table: unknown): string => relationKey(parseTableName(String(table), catalog.defaultSchema));
  const sync = entries.find(({ spec }) => spec.kind === "sync" && keyOf(spec.fields["table"]) === keyOf(fields.table));
  const reverse = (sync?.spec.fields["reverse"] ?? {}) as Readonly<Record<string, unknown>>;
  return reverse[fields.column] === ident(fields.by);
}

function warnings(table: Table, fields: ReplaceColumnFields, swapsName: boolean, views: boolean): string[] {
  const place = `${relationKey(table)}.${fields.column}`;
  return [
    `the new column stands at the end of ${relationKey(table)}: a positional INSERT and \`select *\` see that, and a prepared \`select *\` fails once`,
    ...(swapsName
      ? [
          `both application versions see the old type of ${place} until the cut-over and the new one after it: they must tolerate both${views ? ", where they do not use their versioned schemas" : ""}`,
          preparedStatementsFail(place),
        ]
      : []),
  ];
}
