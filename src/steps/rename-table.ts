import { z } from "zod";
import type { Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { tableName } from "../model/fields.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { deriveName, ident, parseTableName, qualified } from "../sql/identifier.ts";
import { nameOf, requireTable } from "./catalog-lookup.ts";
import { requireOwnPlan } from "./own-plan.ts";
import { tableObject } from "./schema-objects.ts";
import type { Draft, LowerContext, StepKind } from "./step-kind.ts";
import { aliasName } from "./table-alias.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";

export interface RenameTableFields {
  readonly from: string;
  readonly to: string;
}

/** The fields of the step, and of the operation that ends in it. */
export const renameTableFields = z.strictObject({
  from: tableName,
  to: tableName.describe("The new name, in the schema of the table."),
});

/** Swaps the names of a table and of the view over it that `alias_table` made, and drops the view after the soak. */
export const renameTableStep = {
  kind: "rename_table",
  fields: renameTableFields.describe("Swaps the names of a table and of its view; drops the view after the soak."),
  phases: ["contract"],
  tables: ({ from }, schema) => [parseTableName(from, schema)],
  touches: ({ from, to }, schema) => [
    { table: parseTableName(from, schema), column: null },
    { table: aliasName(from, to, schema), column: null },
  ],
  effects: ({ from, to }, schema) => ({
    uses: [tableObject(from, schema), tableObject(to, parseTableName(from, schema).schema)],
    removes: [tableObject(from, schema)],
    creates: [],
  }),
  lower(fields, context) {
    const table = requireTable(context.catalog, fields.from);
    const alias = aliasName(fields.from, fields.to, context.catalog.defaultSchema);
    requireAlias(table, alias, context);
    requireOwnPlan("rename_table", [table, alias], ["alias_table", "rename_table"], context);
    const names = { old: nameOf(table), fresh: alias };
    return {
      cutover: [swap(names, context.plan)],
      drop: [
        {
          kind: "transaction",
          title: `drop view ${relationKey(table)}`,
          table: names.old,
          statements: [`DROP VIEW IF EXISTS ${qualified(names.old)}`],
          locks: [{ relation: names.old, mode: "ACCESS EXCLUSIVE" }],
          patience: "short",
          scans: false,
          rewrites: false,
          undo: [],
          irreversible: "the soak has ended",
        },
      ],
      hides: [{ table: names.old, column: null, whole: { becomes: "renamed", to: alias } }],
      warnings: warningsOf(table, alias),
    };
  },
} satisfies StepKind<RenameTableFields>;

interface Names {
  readonly old: RelationName;
  readonly fresh: RelationName;
}

/**
 * Who uses the view locks it before the table, so the swap does too. Who used the table first and then waits for the
 * view is let through by the short lock_timeout.
 */
function swap({ old, fresh }: Names, plan: string): Draft {
  const between: RelationName = { schema: old.schema, name: deriveName("segue_swap_", fresh.name, plan) };
  const rename = (kind: "TABLE" | "VIEW", from: RelationName, to: RelationName): string =>
    `ALTER ${kind} ${qualified(from)} RENAME TO ${ident(to.name)}`;
  const locks = (...relations: readonly RelationName[]): readonly TableLock[] =>
    relations.map((relation) => ({ relation, mode: "ACCESS EXCLUSIVE" }));
  return shortTransaction(
    {
      title: `table ${relationKey(old)} becomes ${relationKey(fresh)}, its view keeps the old name`,
      table: old,
      statements: [rename("VIEW", fresh, between), rename("TABLE", old, fresh), rename("VIEW", between, old)],
      locks: locks(fresh, old),
    },
    [
      undoTransaction({
        title: `table ${relationKey(fresh)} becomes ${relationKey(old)} again`,
        table: old,
        statements: [rename("VIEW", old, between), rename("TABLE", fresh, old), rename("VIEW", between, fresh)],
        locks: locks(old, fresh),
      }),
    ],
  );
}

/** @throws SegueError SEG0101 if the new version would have nothing under the new name before the cut-over */
function requireAlias(table: Table, alias: RelationName, { catalog, entries }: LowerContext): void {
  const found = entries.some(({ spec }) => {
    if (spec.kind !== "alias_table") return false;
    const [from, to] = [String(spec.fields["table"]), String(spec.fields["as"])];
    const same = relationKey(parseTableName(from, catalog.defaultSchema)) === relationKey(table);
    return same && relationKey(aliasName(from, to, catalog.defaultSchema)) === relationKey(alias);
  });
  if (found) return;
  throw new SegueError("SEG0101", {
    message: `rename_table: nothing stands under ${relationKey(alias)} before the cut-over`,
    object: relationKey(table),
    next: "add `alias_table` to expand",
  });
}

function warningsOf(table: Table, alias: RelationName): readonly string[] {
  const name = relationKey(table);
  const functions = (table.needs ?? []).filter(
    ({ evidence, names }) => evidence === "text" && names.includes(table.name),
  );
  const published = table.published ?? [];
  return [
    `indexes, constraints and sequences of ${name} keep their names`,
    ...functions.map(
      (one) =>
        `${one.kind} ${one.name} names ${name}: change it to ${relationKey(alias)} between ready and contract, which waits for it`,
    ),
    ...(published.length === 0
      ? []
      : [
          `${name} is published by ${published.join(", ")}: from the cut-over on subscribers receive ${relationKey(alias)}, and need a table of that name`,
        ]),
  ];
}
