import { z } from "zod";
import type { Catalog, Constraint, Table, TableNeed } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { tableName } from "../model/fields.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { nameOf, requireTable } from "./catalog-lookup.ts";
import { lockHiddenSchema, makeHiddenSchema, removeHiddenSchema } from "./hidden-schema.ts";
import {
  hiddenFamily,
  hiddenFamilyLocks,
  type HiddenMember,
  hiddenRelation,
  hideStatements,
  showStatements,
} from "./hidden-table.ts";
import { requireOwnPlan } from "./own-plan.ts";
import { partitionGuard } from "./partition-guard.ts";
import { tableObject } from "./schema-objects.ts";
import type { Draft, LowerContext, StepKind } from "./step-kind.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";

const fields = z
  .strictObject({ table: tableName })
  .describe("Moves a table out of sight at the cut-over, and drops it after the soak.");
export type DropTableFields = z.infer<typeof fields>;

/** Hides a table in a schema of Segue's own at the cut-over, and drops it after the soak. */
export const dropTableStep = {
  kind: "drop_table",
  fields,
  phases: ["contract"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: ({ table }, schema) => [{ table: parseTableName(table, schema), column: null }],
  effects: ({ table }, schema) => ({ uses: [], removes: [tableObject(table, schema)], creates: [] }),
  lower(written, context) {
    const { catalog, plan } = context;
    const table = droppableTable(written.table, catalog);
    requireOwnPlan("drop_table", [table], ["drop_table"], context);
    const family = hiddenFamily(catalog, table, plan);
    return {
      cutover: [hide(table, family, plan)],
      drop: [...outbound(family).map((key) => dropKey(key, family, context)), dropFamily(table, family, plan)],
      hides: family.map(({ table: member, hidden }) => ({
        table: nameOf(member),
        column: null,
        whole: { becomes: member === table ? ("moved" as const) : ("moved along" as const), to: hidden },
      })),
      warnings: outbound(family).flatMap(whileItStands),
    };
  },
  after: ({ table }, catalog) => withoutTable(catalog, requireTable(catalog, table)),
} satisfies StepKind<DropTableFields>;

/**
 * The table, if nothing else needs it.
 *
 * @throws SegueError SEG0101, SEG0102 with all that needs it, SEG0103
 */
export function droppableTable(written: string, catalog: Catalog): Table {
  const table = requireTable(catalog, written);
  const name = relationKey(table);
  if (table.parent !== null)
    throw new SegueError("SEG0103", {
      message: `${name} inherits from ${relationKey(table.parent)}, through which its rows would be seen while it is hidden`,
      object: name,
      next: `ALTER TABLE ${qualified(table)} NO INHERIT ${qualified(table.parent)} first, in an earlier plan`,
    });
  if (table.subscribed)
    throw new SegueError("SEG0103", {
      message: `a subscription writes to ${name}, and would fail without it`,
      object: name,
      next: "take it out of the publication and refresh the subscription first",
    });
  const needs = needsOf(table, catalog);
  if (needs.length === 0) return table;
  throw new SegueError("SEG0102", {
    message: `${name} can't be dropped: ${needs.length === 1 ? "this needs" : `these ${needs.length} need`} it`,
    object: name,
    problems: needs.map((need) => ({ message: `${need.kind} ${need.name}` })),
    next: "change or drop these first, in an earlier plan; name what is harmless in settings.ignore_dependents",
  });
}

/** Partitions add the functions that name them alone. */
function needsOf(table: Table, catalog: Catalog): readonly TableNeed[] {
  const ofPartitions = table.partitions.flatMap(({ name }) => catalog.tables[relationKey(name)]?.needs ?? []);
  const all = [...(table.needs ?? []), ...ofPartitions.filter(({ evidence }) => evidence === "text")];
  return [...new Map(all.map((need) => [`${need.kind} ${need.name}`, need])).values()];
}

/** Later entries see neither the table nor what hangs on it. Its name stays taken until the cut-over. */
function withoutTable(catalog: Catalog, table: Table): Catalog {
  const gone = new Set([table, ...table.partitions.map(({ name }) => name)].map(relationKey));
  const tables = Object.entries(catalog.tables)
    .filter(([key]) => !gone.has(key))
    .map(([key, other]) => [
      key,
      { ...other, needs: (other.needs ?? []).filter(({ on }) => on === null || !gone.has(relationKey(on))) },
    ]);
  return { ...catalog, tables: Object.fromEntries(tables) as Catalog["tables"] };
}

function hide(table: Table, family: readonly HiddenMember[], plan: string): Draft {
  const name = relationKey(table);
  const parents = [table, ...table.partitions.filter(({ leaf }) => !leaf).map((partition) => partition.name)];
  // A partition that came after the plan was compiled would stay in sight, and go with the drop.
  const guards =
    table.kind === "partitioned"
      ? [
          `LOCK TABLE ${qualified(table)} IN ACCESS EXCLUSIVE MODE`,
          ...parents.map((parent) => partitionGuard(table, parent)),
        ]
      : [];
  return shortTransaction(
    {
      title: `hide table ${name}`,
      table,
      statements: [
        lockHiddenSchema,
        makeHiddenSchema,
        ...guards,
        ...family.flatMap((member) => hideStatements(member, plan)),
      ],
      locks: hiddenFamilyLocks(family, plan, "shown"),
    },
    [
      undoTransaction({
        title: `show table ${name} again`,
        table,
        statements: [lockHiddenSchema, ...family.flatMap((member) => showStatements(member, plan)), removeHiddenSchema],
        locks: hiddenFamilyLocks(family, plan, "hidden"),
      }),
    ],
  );
}

interface Outbound {
  readonly member: HiddenMember;
  readonly constraint: Constraint;
  readonly target: RelationName;
}

/** Foreign keys of the family to tables outside of it. */
function outbound(family: readonly HiddenMember[]): readonly Outbound[] {
  const own = new Set(family.map(({ table }) => relationKey(table)));
  return family.flatMap((member) =>
    member.table.constraints.flatMap((constraint): Outbound[] => {
      const target = constraint.references?.table;
      if (constraint.inherited || target === undefined || own.has(relationKey(target))) return [];
      return [{ member, constraint, target }];
    }),
  );
}

/** The new version knows nothing of the rows that point at what it deletes. */
function whileItStands({ member, constraint, target }: Outbound): string[] {
  const { name } = constraint;
  const [from, to] = [relationKey(member.table), relationKey(target)];
  switch (constraint.references?.onDelete) {
    case "no action":
    case "restrict":
      return [
        `until the drop, foreign key ${name} still refuses to delete rows of ${to} that rows of ${from} point at, also while the table is hidden`,
      ];
    default:
      return [];
  }
}

const irreversible = {
  kind: "transaction" as const,
  patience: "short" as const,
  scans: false,
  rewrites: false,
  undo: [],
  irreversible: "the soak has ended",
};

/** Each foreign key goes by itself: dropping one locks the referenced table as strongly as this one. */
function dropKey(
  { member, constraint, target }: Outbound,
  family: readonly HiddenMember[],
  context: LowerContext,
): Draft {
  const below = member === family[0] ? family : family.filter((one) => one === member);
  return {
    ...irreversible,
    title: `drop constraint ${constraint.name} of ${relationKey(member.hidden)}`,
    table: member.hidden,
    statements: [`ALTER TABLE ${qualified(member.hidden)} DROP CONSTRAINT IF EXISTS ${ident(constraint.name)}`],
    locks: [
      ...below.map(({ hidden }): TableLock => ({ relation: hidden, mode: "ACCESS EXCLUSIVE" })),
      ...targetLocks(target, context),
    ],
  };
}

/** The referenced table and its partitions, where the catalog has them; hidden too, if the plan drops it as well. */
function targetLocks(target: RelationName, { catalog, entries, plan }: LowerContext): readonly TableLock[] {
  const dropped = entries.some(
    ({ spec }) =>
      spec.kind === "drop_table" &&
      relationKey(parseTableName(String(spec.fields["table"]), catalog.defaultSchema)) === relationKey(target),
  );
  const partitions = catalog.tables[relationKey(target)]?.partitions.map(({ name }) => name) ?? [];
  return [target, ...partitions].map((relation) => ({
    relation: dropped ? hiddenRelation(relation, plan) : nameOf(relation),
    mode: "ACCESS EXCLUSIVE",
  }));
}

/** The partitions go with the table. */
function dropFamily(table: Table, family: readonly HiddenMember[], plan: string): Draft {
  const hidden = hiddenRelation(table, plan);
  return {
    ...irreversible,
    title: `drop table ${relationKey(table)}`,
    table: hidden,
    statements: [lockHiddenSchema, `DROP TABLE IF EXISTS ${qualified(hidden)}`, removeHiddenSchema],
    locks: hiddenFamilyLocks(family, plan, "hidden"),
  };
}
