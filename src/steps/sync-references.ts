import { createHash } from "node:crypto";
import { z } from "zod";
import type { Table } from "../model/catalog.ts";
import { columnName, tableName } from "../model/fields.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ROW } from "../model/step.ts";
import { deriveName, ident, parseTableName, qualified } from "../sql/identifier.ts";
import type { Swap } from "./carry-renames.ts";
import { exclusiveLocks, nameOf } from "./catalog-lookup.ts";
import { firingTriggers } from "./fill.ts";
import {
  type CalledReference,
  calledAfter,
  calledBefore,
  isHalf,
  isThere,
  type KeyReferences,
  lookup,
  type ReferencesFields,
  referencesOf,
  referencesOn,
} from "./key-references.ts";
import { lockFamily } from "./lock-family.ts";
import { referenceBody, referenceChange, referenceFunction } from "./reference-function.ts";
import type { Draft, LowerContext, StepKind } from "./step-kind.ts";
import { notFilling } from "./sync-function.ts";
import { familyLocks, shortTransaction, undoTransaction } from "./transaction-draft.ts";

/**
 * Keeps the columns of a table that hold values of a key beside duplicates that hold the key's new values of the same
 * rows, by looking them up. It begins in the backfill, once each row of the key has its new value and no transaction is
 * left that would not see it: what a trigger finds then, every later reader finds too.
 */
export const syncReferences: StepKind<ReferencesFields> = {
  kind: "sync_references",
  fields: z
    .strictObject({
      table: tableName,
      key: z
        .strictObject({ table: tableName, column: columnName, by: columnName })
        .describe("The key that they hold, and the column that has its new values."),
      columns: z
        .array(
          z.strictObject({
            column: columnName,
            by: columnName.describe("The duplicate."),
            direct: z.boolean().optional().describe("True if a foreign key of it points at the key itself."),
          }),
        )
        .min(1),
    })
    .describe(
      "Keeps references to a key and to its new values in step, by triggers that look them up, and fills them.",
    ),
  phases: ["backfill"],
  tables: (fields, schema) => [parseTableName(fields.table, schema), parseTableName(fields.key.table, schema)],
  touches: (fields, schema) => {
    const table = parseTableName(fields.table, schema);
    return fields.columns.flatMap(({ by, column }) => [by, column].map((one) => ({ table, column: one })));
  },
  lower(fields, context) {
    const references = referencesOf(fields, context.catalog);
    const { key, table } = references;
    const names = namesOf(table, context.plan);
    const before = calledBefore(references);
    const common = { references, name: names.function, plan: context.plan };
    const bodies = [
      referenceBody({ ...common, called: before, mode: "both" }),
      referenceBody({ ...common, called: calledAfter(references, context), mode: "reverse" }),
    ];
    return {
      backfill: [start(references, context), fillReferences(references, context)],
      drop: [
        shortTransaction(
          {
            title: `stop following the references of ${relationKey(table)}`,
            table,
            statements: remove(table, context.plan),
            locks: exclusiveLocks(table),
          },
          [],
        ),
      ],
      verify: [
        {
          table: nameOf(table),
          title: `both references of ${relationKey(table)} lead to the same rows`,
          mismatch: before.map((one) => `(${differs(key.table, one)})`).join(" OR "),
        },
      ],
      watches: [
        {
          table: nameOf(table),
          triggers: [names.insertTrigger, names.updateTrigger, names.healTrigger],
          function: names.function,
          sources: bodies.map((body) => createHash("md5").update(body).digest("hex")),
        },
      ],
      reads: [key.column, key.by].map((column) => ({ table: nameOf(key.table), column })),
      warnings: firingTriggers(table, context.settings),
    };
  },
};

/** Turns the functions of a table's references at the cut-over, in the transaction that renames the columns. */
export function flipReferences(context: LowerContext, table: Table): Swap {
  const [fields] = referencesOn(context, table);
  if (fields === undefined) return { apply: [], undo: [] };
  const references = referencesOf(fields, context.catalog);
  const common = { references, name: namesOf(table, context.plan).function, plan: context.plan };
  return {
    apply: referenceFunction({ ...common, called: calledAfter(references, context), mode: "reverse" }),
    undo: referenceFunction({ ...common, called: calledBefore(references), mode: "both" }),
  };
}

interface ReferenceNames {
  readonly function: RelationName;
  readonly insertTrigger: string;
  readonly updateTrigger: string;
  readonly healTrigger: string;
}

/** The letter behind `g`: a row that references itself has got its own new key by then. */
function namesOf(table: RelationName, plan: string): ReferenceNames {
  const seed = `${plan}:${relationKey(table)}`;
  return {
    function: { schema: "segue", name: deriveName("sync_references_", table.name, seed) },
    insertTrigger: deriveName("zzz_segue_references_insert_", table.name, seed),
    updateTrigger: deriveName("zzz_segue_references_update_", table.name, seed),
    healTrigger: deriveName("zzz_segue_references_heal_", table.name, seed),
  };
}

/** CREATE TRIGGER waits for every writer of the table: whoever writes from then on has the triggers. */
function start(references: KeyReferences, { plan }: LowerContext): Draft {
  const { key, table } = references;
  const names = namesOf(table, plan);
  const called = calledBefore(references);
  const half = called.map((one) => isHalf(one, "NEW")).join(" OR ");
  const trigger = (name: string, event: string, when: string, deferred = ""): string[] => [
    `CREATE ${deferred === "" ? "" : "CONSTRAINT "}TRIGGER ${ident(name)} ${event} ON ${qualified(table)} ${deferred}` +
      `FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION ${qualified(names.function)}()`,
    // Apply workers run with session_replication_role = replica and skip ordinary triggers.
    ...(table.subscribed ? [`ALTER TABLE ${qualified(table)} ENABLE ALWAYS TRIGGER ${ident(name)}`] : []),
  ];
  return shortTransaction(
    {
      title: `follow the references of ${relationKey(table)} to ${relationKey(key.table)}.${key.by}`,
      table,
      statements: [
        ...referenceFunction({ references, name: names.function, plan, called, mode: "both" }),
        ...trigger(names.insertTrigger, "BEFORE INSERT", notFilling(plan, "when")),
        ...trigger(names.updateTrigger, "BEFORE UPDATE", referenceChange(called, plan)),
        // Deferred whatever the foreign keys are: only a row that is half a reference queues it.
        ...trigger(names.healTrigger, "AFTER INSERT OR UPDATE", half, "DEFERRABLE INITIALLY DEFERRED "),
      ],
      // By itself: a transaction of the same table that comes earlier would begin before the key is filled.
      locks: [...familyLocks(table, "SHARE ROW EXCLUSIVE"), { relation: nameOf(key.table), mode: "ACCESS SHARE" }],
    },
    [
      undoTransaction({
        title: `stop following the references of ${relationKey(table)}`,
        table,
        statements: remove(table, plan),
        locks: familyLocks(table, "ACCESS EXCLUSIVE"),
      }),
    ],
  );
}

function remove(table: Table, plan: string): readonly string[] {
  const names = namesOf(table, plan);
  return [
    ...lockFamily(table),
    ...[names.insertTrigger, names.updateTrigger, names.healTrigger].map(
      (name) => `DROP TRIGGER IF EXISTS ${ident(name)} ON ${qualified(table)}`,
    ),
    `DROP FUNCTION IF EXISTS ${qualified(names.function)}()`,
  ];
}

/** A row that another session has derived meanwhile is left as it is: its statement has looked later than this one. */
function fillReferences(references: KeyReferences, { settings }: LowerContext): Draft {
  const { key, table } = references;
  const called = calledBefore(references);
  const column = (name: string): string => `${ROW}.${ident(name)}`;
  return {
    kind: "fill",
    title: `fill ${relationKey(table)} (${called.map(({ fresh }) => fresh).join(", ")})`,
    table: nameOf(table),
    set: called.map(({ fresh, keyFresh, keyOld, old }) => ({
      column: fresh,
      value: `coalesce(${column(fresh)}, ${lookup(key.table, keyFresh, keyOld, column(old))})`,
    })),
    where: called
      .map(
        ({ fresh, keyFresh, keyOld, old }) =>
          `(${column(fresh)} IS NULL AND ${isThere(key.table, keyFresh, keyOld, column(old))})`,
      )
      .join(" OR "),
    userTriggers: settings.backfill.user_triggers,
    undo: [],
  };
}

/** What references nothing has no new value: it would be lost at the cut-over, and no foreign key would tell. */
function differs(key: RelationName, { fresh, keyFresh, keyOld, old }: CalledReference): string {
  const [own, other] = [`${ROW}.${ident(fresh)}`, `${ROW}.${ident(old)}`];
  return `${isHalf({ fresh, old }, ROW)} OR ${own} IS DISTINCT FROM ${lookup(key, keyFresh, keyOld, other)}`;
}
