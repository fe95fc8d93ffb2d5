import { createHash } from "node:crypto";
import { z } from "zod";
import type { Catalog, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { columnName, sqlExpression, tableName } from "../model/fields.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ROW, type UndoStep } from "../model/step.ts";
import { deriveName, ident, parseTableName, qualified } from "../sql/identifier.ts";
import { partitionsOf } from "./carry-family.ts";
import { assignable } from "./cast.ts";
import { exclusiveLocks, nameOf, requireTable } from "./catalog-lookup.ts";
import { hiddenColumns, isDroppedBy, shadowsOf } from "./contract-entries.ts";
import type { Swap } from "./carry-renames.ts";
import { expressionReads } from "./expression-reads.ts";
import { dropNotNullStatements } from "./drop-not-null-statements.ts";
import { freeOfPath, syncQuestions } from "./free-of-path.ts";
import { keyColumnsOfPlan } from "./key-entries.ts";
import { lockFamily } from "./lock-family.ts";
import { restoreNotNull } from "./restore-not-null.ts";
import { retypedSync } from "./retyped-sync.ts";
import type { Draft, Lowered, LowerContext, StepKind } from "./step-kind.ts";
import { syncBody, syncFunction, type SyncMode } from "./sync-function.ts";
import { resolveSync, type Sync, type SyncFields } from "./sync-pairs.ts";
import { nullAfterReverse, verification } from "./sync-verification.ts";

const expressions = z.record(columnName, sqlExpression);

/** Names of what a sync puts into the database; derived, so that two plans on one table never share them. */
export interface SyncNames {
  readonly function: RelationName;
  readonly trigger: string;
}

/** Triggers fire in the order of their names: `zzz` puts ours behind the application's own. */
export function syncNames(table: RelationName, plan: string): SyncNames {
  const seed = `${plan}:${relationKey(table)}`;
  return {
    function: { schema: "segue", name: deriveName("sync_", table.name, seed) },
    trigger: deriveName("zzz_segue_sync_", table.name, seed),
  };
}

/**
 * Keeps two shapes of a table's rows in step by one trigger. It has no WHEN clause: the server reads and prepares that anew for each
 * statement, which costs a client's update of one row several times what the call costs that it would spare.
 */
export const sync: StepKind<SyncFields> = {
  kind: "sync",
  fields: z
    .strictObject({
      table: tableName,
      forward: expressions.optional().describe("Old to new: what an old writer's row means in the new shape."),
      reverse: expressions.optional().describe("New to old: what a new writer's row means in the old shape."),
      fill: expressions.optional().describe("Columns that get this value whenever a write would leave them NULL."),
      defaults: expressions
        .optional()
        .describe(
          "What columns that `forward` derives get in a new writer's row that leaves them out; their defaults from the cut-over on.",
        ),
    })
    .describe("Keeps the old and the new shape of each row in step, by triggers."),
  phases: ["expand"],
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) => {
    const table = parseTableName(fields.table, schema);
    const columns = [fields.forward, fields.reverse, fields.fill].flatMap((map) => Object.keys(map ?? {}));
    return columns.map((column) => ({ table, column }));
  },
  questions: syncQuestions,
  lower(fields, context) {
    const table = requireTable(context.catalog, fields.table);
    refuseWhatTriggersMiss(table);
    return lowerSync(freeOfPath(resolveSync(fields, table), context), context);
  },
};

function refuseWhatTriggersMiss(table: Table): void {
  if (table.inheritanceChildren.length === 0) return;
  throw new SegueError("SEG0103", {
    message: `${relationKey(table)} has inheritance children, whose rows a trigger on the parent does not see`,
    object: relationKey(table),
  });
}

function lowerSync(sync: Sync, context: LowerContext): Lowered {
  const { table } = sync;
  const names = syncNames(table, context.plan);
  const named = hiddenColumns(context, table);
  const create = (mode: SyncMode, columns: ReadonlyMap<string, string>): string =>
    syncFunction({ sync, name: names.function, plan: context.plan, mode, names: columns });
  const exclusive = exclusiveLocks(table);
  // What CREATE TRIGGER takes: readers pass.
  const triggering = exclusive.map(({ relation }) => ({ relation, mode: "SHARE ROW EXCLUSIVE" as const }));
  const body = (title: string, statements: readonly string[], locks: readonly TableLock[]) =>
    ({
      kind: "transaction",
      title: `${title} ${relationKey(table)}`,
      table: nameOf(table),
      statements,
      locks,
      patience: "short",
      scans: false,
      rewrites: false,
    }) as const;
  const step = (...rest: Parameters<typeof body>): Draft => ({ ...body(...rest), undo: [] });
  const undoing = (...rest: Parameters<typeof body>): readonly UndoStep[] => [{ ...body(...rest), id: "" }];

  const none = new Map<string, string>();
  const trigger = createTrigger(sync, names);
  const teardown = dropSync(table, names);
  const alter = (column: string): string => `ALTER TABLE ${qualified(table)} ALTER COLUMN ${ident(column)}`;
  // Before the cut-over a default would make an old writer's row look like a new writer's.
  const setDefaults = sync.defaults.map((d) => `${alter(d.column)} SET DEFAULT ${d.expression.render("")}`);
  const dropDefaults = sync.defaults.map(({ column }) => `${alter(column)} DROP DEFAULT`);
  const nullable = columnsThatMayBecomeNull(sync, context);
  const expand: Draft = {
    ...step(
      "sync",
      [
        create("healing", none),
        ...trigger,
        ...nullable.flatMap((c) => dropNotNullStatements(context.catalog, table, c)),
        ...proof(sync),
      ],
      nullable.length > 0 ? exclusive : triggering,
    ),
    undo: [
      ...undoing("stop the sync of", teardown, exclusive),
      ...nullable.flatMap((column) => restoreNotNull(table, column, partitionsOf(context.catalog, table))),
    ],
  };
  // CREATE OR REPLACE FUNCTION locks no table: writers switch over at their next call.
  const ready = { ...step("end the healing of", [create("both", none)], []), table: null } as Draft;
  const common = { name: names.function, plan: context.plan };
  const bodies = [
    ...(["healing", "both"] as const).map((mode) => syncBody({ ...common, sync, mode, names: none })),
    syncBody({ ...common, sync: retypedSync(sync, context), mode: "reverse", names: named }),
  ];
  const watches = [
    {
      table: nameOf(table),
      triggers: [names.trigger],
      function: names.function,
      sources: bodies.map((body) => createHash("md5").update(body).digest("hex")),
    },
  ];
  const losses = nullable.map((column) => nullAfterReverse(table, column, named.get(column) ?? column));
  const base: Lowered = {
    expand: [expand],
    ready: sync.pairs.length > 0 ? [ready] : [],
    watches,
    losses,
    // What is on its way out may have no value in rows that stood before.
    verify: verification({ ...sync, fill: sync.fill.filter(({ column }) => !named.has(column)) }),
    reads: expressionReads(
      table,
      [...sync.pairs.flatMap((pair) => [...pair.forward, ...pair.reverse]), ...sync.fill].map((d) => d.expression),
    ),
    warnings: triggersAfterOurs(table, names),
  };
  const drop = [step("stop the sync of", teardown, exclusive)];
  if (isTurnedElsewhere(context, table)) return { ...base, drop };
  if (!isDroppedBy(context, table)) {
    const recreated = [...dropDefaults, create("both", none), ...trigger];
    const undo = undoing("sync", recreated, dropDefaults.length > 0 ? exclusive : triggering);
    return { ...base, cutover: [{ ...step("stop the sync of", [...teardown, ...setDefaults], exclusive), undo }] };
  }
  // In one transaction with the columns that it names.
  const flip = step("flip the sync of", [create("reverse", named), ...setDefaults], exclusive);
  const undo = undoing("flip back the sync of", [create("both", none), ...dropDefaults], exclusive);
  return { ...base, cutover: [{ ...flip, undo }], drop };
}

/**
 * What turns the sync of a table at the cut-over, where that is one transaction over several tables and so not the
 * sync's own step; nothing if the plan has no sync of it.
 */
export function flipSync(context: LowerContext, table: Table): Swap {
  const entry = context.entries.find(
    ({ spec }) =>
      spec.kind === "sync" &&
      relationKey(parseTableName(String(spec.fields["table"]), context.catalog.defaultSchema)) === relationKey(table),
  );
  if (entry === undefined) return { apply: [], undo: [] };
  const found = freeOfPath(resolveSync(entry.spec.fields as unknown as SyncFields, table), context);
  const common = { name: syncNames(table, context.plan).function, plan: context.plan };
  const turned = retypedSync(found, context);
  return {
    apply: [syncFunction({ ...common, sync: turned, mode: "reverse", names: hiddenColumns(context, table) })],
    undo: [syncFunction({ ...common, sync: found, mode: "both", names: new Map() })],
  };
}

function isTurnedElsewhere(context: LowerContext, table: Table): boolean {
  return keyColumnsOfPlan(context).some((replaced) => relationKey(replaced.table) === relationKey(table));
}

function createTrigger(sync: Sync, names: SyncNames): string[] {
  const { table } = sync;
  const call = `EXECUTE FUNCTION ${qualified(names.function)}()`;
  return [
    `CREATE TRIGGER ${ident(names.trigger)} BEFORE INSERT OR UPDATE ON ${qualified(table)} FOR EACH ROW ${call}`,
    // Apply workers run with session_replication_role = replica and skip ordinary triggers.
    ...(table.subscribed ? [`ALTER TABLE ${qualified(table)} ENABLE ALWAYS TRIGGER ${ident(names.trigger)}`] : []),
  ];
}

/** A BEFORE trigger that fires behind the sync may change a column without the sync seeing it. */
function triggersAfterOurs(table: Table, { trigger }: SyncNames): string[] {
  const later = table.triggers.filter(
    ({ name, row, timing }) =>
      row && timing === "before" && Buffer.compare(Buffer.from(name), Buffer.from(trigger)) > 0,
  );
  return later.map(
    ({ name }) =>
      `trigger ${name} of ${relationKey(table)} fires after the sync: what it changes is not carried over, and shows in the verification`,
  );
}

/**
 * plpgsql looks at an expression only when it runs: a function that is missing, or a type that does not fit, would fail the
 * application's write. Planning the expressions in the same transaction finds it while nothing has changed; in a WHERE
 * clause, which takes neither a set of values nor an aggregate or window function, whatever it is called.
 */
function proof(sync: Sync): string[] {
  const derived = [...sync.pairs.flatMap((pair) => [...pair.forward, ...pair.reverse]), ...sync.fill, ...sync.defaults];
  if (derived.length === 0) return [];
  const values = derived.map((d) => assignable(d.expression.render(ROW), d.type)).join(", ");
  return [`EXPLAIN SELECT FROM ${qualified(sync.table)} AS ${ROW} WHERE ROW(${values}) IS NULL`];
}

function dropSync(table: Table, names: SyncNames): string[] {
  return [
    ...lockFamily(table),
    `DROP TRIGGER IF EXISTS ${ident(names.trigger)} ON ${qualified(table)}`,
    `DROP FUNCTION IF EXISTS ${qualified(names.function)}()`,
  ];
}

/**
 * Old-side columns that stop being NOT NULL at expand: a new writer's row may have nothing for them. A column whose
 * duplicate no application can see before the cut-over, or that is just copied from one or can hold all of its values, keeps it.
 */
function columnsThatMayBecomeNull(sync: Sync, context: LowerContext): string[] {
  const shadows = shadowsOf(context, sync.table);
  return sync.pairs
    .flatMap((pair) => pair.reverse)
    .filter((derived) => !shadows.has(derived.column))
    .filter((derived) => derived.guarded || derived.expression.column === null)
    .map((derived) => derived.column)
    .filter((column) => sync.table.columns.some((c) => c.name === column && c.notNull));
}

/** `drop_sync` ends a sync that hides nothing; a sync whose columns are dropped ends with them. */
export const dropSyncEntry: StepKind<{ table: string }> = {
  kind: "drop_sync",
  fields: z.strictObject({ table: tableName }).describe("Ends the sync of a table."),
  phases: ["contract"],
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: () => [],
  // The sync's own entry makes the step; this one says where in the plan it ends.
  lower: (fields, context) => {
    requireSync(context.catalog, fields.table, context);
    return {};
  },
};

function requireSync(catalog: Catalog, written: string, context: LowerContext): void {
  const table = relationKey(parseTableName(written, catalog.defaultSchema));
  const found = context.entries.some(
    ({ spec }) =>
      spec.kind === "sync" &&
      relationKey(parseTableName(String(spec.fields["table"]), catalog.defaultSchema)) === table,
  );
  if (!found)
    throw new SegueError("SEG0101", { message: `drop_sync: the plan has no sync of ${table}`, object: table });
}
