import { z } from "zod";
import { objectName, columnName, tableName } from "../model/fields.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { preparedStatementsFail } from "./alter-type.ts";
import { nameOf } from "./catalog-lookup.ts";
import { dropHiddenColumn } from "./drop-hidden-column.ts";
import { becomes, replacedType, rewriteDefault } from "./enum-change.ts";
import { enumUse } from "./enum-values.ts";
import { type ColumnSwap, swapColumn } from "./key-column-swap.ts";
import { familyWithoutKey } from "./key-family.ts";
import { lockInOrder } from "./key-locks.ts";
import { notNullNames } from "./not-null-names.ts";
import { refuseBesideType } from "./refuse-beside-type.ts";
import { requireCompanions } from "./require-companions.ts";
import { requireReplaceable } from "./require-replaceable.ts";
import { typeObject } from "./schema-objects.ts";
import type { Draft, LowerContext, StepKind } from "./step-kind.ts";
import { flipSync } from "./sync.ts";
import { familyLocks } from "./transaction-draft.ts";
import { hiddenType, type ReplaceTypeFields, type TypeColumn, typeColumnsOf } from "./type-entries.ts";
import { typeUseGuard, typeValuesGuard } from "./type-guard.ts";

/**
 * The cut-over from an enum to another one, with every column that holds it: one short transaction over all of their tables,
 * in which the two types change names, the columns give way to their duplicates, and the syncs turn.
 */
export const replaceType: StepKind<ReplaceTypeFields> = {
  kind: "replace_type",
  fields: z
    .strictObject({
      type: tableName.describe("The enum that goes: `name` or `schema.name`, literally."),
      by: tableName.describe("The enum that takes its place, and its name."),
      labels: z
        .record(objectName, z.union([objectName, z.null()]))
        .describe("What a value becomes, where it changes; null for none."),
      columns: z
        .array(
          z.strictObject({
            table: tableName,
            column: columnName.describe("A column that holds the enum, or an array of it."),
            by: columnName.describe("The duplicate that takes its place."),
            keep_name: z.boolean().optional().describe("True: the duplicate takes over the name."),
          }),
        )
        .optional()
        .describe("Every column of the enum."),
    })
    .describe("Cuts over from an enum to another one, with every column that holds it."),
  phases: ["contract"],
  tables: ({ columns = [] }, schema) => columns.map(({ table }) => parseTableName(table, schema)),
  touches: ({ columns = [] }, schema) =>
    columns.flatMap(({ table, column, by }) =>
      [column, by].map((name) => ({ table: parseTableName(table, schema), column: name })),
    ),
  effects: ({ type, by }, schema) => ({
    uses: [typeObject(type, schema), typeObject(by, schema)],
    removes: [typeObject(by, schema)],
    creates: [],
  }),
  questions: ({ type }, schema) => [{ ask: "enum use", type: parseTableName(type, schema) }],
  lower(fields, context) {
    const { catalog, plan } = context;
    requireReplaceable(fields, catalog, context.settings);
    refuseBesideType(fields, context);
    const replacement = replacementOf(fields, context);
    const { columns, hidden, swaps, type } = replacement;
    requireCompanions({ kind: "replace_type", writers: WRITERS }, columns, context);
    requireItsValues(fields, context);
    return {
      cutover: [
        {
          ...bodyOf(replacement),
          title: `cut over to the new ${relationKey(type)}${columns.length === 0 ? "" : `, with ${places(columns)}`}`,
          statements: forward(replacement, context),
          undo: backward(replacement, context),
        },
      ],
      drop: [
        ...swaps.flatMap(({ final, hidden: old, replaced: { column, table } }) => [
          ...dropHiddenColumn(familyWithoutKey(catalog, table, column, columns)[0] ?? table, column, old, plan),
          ...notNullNames(catalog, table, column, final, plan),
        ]),
        dropType(type, hidden),
      ],
      hides: columns.map(({ column, table }) => ({ table: nameOf(table), column })),
      losses: swaps.flatMap(({ losses }) => losses),
      warnings: warnings(replacement, context.settings.views),
    };
  },
};

const WRITERS = "rename_enum_value and drop_enum_value";

interface Replacement {
  readonly type: RelationName;
  readonly by: RelationName;
  readonly hidden: RelationName;
  readonly values: readonly string[];
  readonly columns: readonly TypeColumn[];
  /** In the order in which they are locked. */
  readonly tables: readonly TypeColumn["table"][];
  readonly swaps: readonly ColumnSwap[];
}

function replacementOf(fields: ReplaceTypeFields, context: LowerContext): Replacement {
  const { catalog, plan } = context;
  const type = replacedType(fields, catalog);
  const columns = typeColumnsOf(fields, catalog);
  const tables = new Map(columns.map(({ table }) => [relationKey(table), table]));
  return {
    type,
    by: parseTableName(fields.by, catalog.defaultSchema),
    hidden: hiddenType(type, plan),
    values: enumUse(catalog, type).values,
    columns,
    tables: [...tables].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, table]) => table),
    swaps: columns.map((replaced) =>
      swapColumn(replaced, columns, context, {
        copied: false,
        keepsName: replaced.keepsName,
        rewrite: (text) => rewriteDefault(text, type, fields, catalog),
      }),
    ),
  };
}

/** @throws SegueError SEG0101 if the plan does not make the new enum, or not with the values that the old ones become. */
function requireItsValues(fields: ReplaceTypeFields, { catalog, entries }: LowerContext): void {
  const { values } = enumUse(catalog, replacedType(fields, catalog));
  const wanted = [...new Set(values.map((value) => becomes(fields, value)).filter((value) => value !== null))];
  const made = entries.find(({ spec }) => spec.kind === "create_enum")?.spec.fields["values"];
  if (made !== undefined && JSON.stringify([...(made as string[])].toSorted()) === JSON.stringify(wanted.toSorted()))
    return;
  throw new SegueError("SEG0101", {
    message: `replace_type: the plan must create enum ${fields.by} with the values ${wanted.join(", ")}`,
    object: fields.by,
    next: `${WRITERS} write all of these entries: segue plan --explain shows them`,
  });
}

function forward(replacement: Replacement, context: LowerContext): readonly string[] {
  const { by, columns, hidden, swaps, tables, type, values } = replacement;
  return [
    ...locking(replacement, context),
    typeValuesGuard(type, values),
    typeUseGuard(type, columns),
    rename(type, hidden),
    rename(by, type),
    ...swaps.flatMap(({ apply }) => apply),
    ...swaps.flatMap(({ after }) => after),
    ...tables.flatMap((table) => flipSync(context, table).apply),
  ];
}

function backward(replacement: Replacement, context: LowerContext): readonly UndoStep[] {
  const { by, hidden, swaps, tables, type } = replacement;
  const held = swaps.map(({ final, replaced: { table } }) => ({ table, column: final }));
  return [
    ...swaps.flatMap(({ proof }) => proof),
    {
      ...bodyOf(replacement),
      id: "",
      title: `go back to the old ${relationKey(type)}`,
      statements: [
        ...locking(replacement, context),
        typeUseGuard(type, held),
        rename(type, by),
        rename(hidden, type),
        ...swaps.toReversed().flatMap(({ undo }) => undo),
        ...tables.flatMap((table) => flipSync(context, table).undo),
      ],
    },
  ];
}

/** Of several tables, so of none: it is never joined with another step of one of them. */
function bodyOf({ tables }: Replacement) {
  return {
    kind: "transaction",
    table: null,
    locks: tables.flatMap((table) => familyLocks(table, "ACCESS EXCLUSIVE")),
    patience: "short",
    scans: false,
    rewrites: false,
  } as const;
}

function locking({ tables }: Replacement, { catalog }: LowerContext): readonly string[] {
  return tables.length === 0 ? [] : lockInOrder(catalog, tables);
}

/** Takes no lock on a table: only the name changes, and that of the array type with it. */
function rename(type: RelationName, to: RelationName): string {
  return `ALTER TYPE ${qualified(type)} RENAME TO ${ident(to.name)}`;
}

function dropType(type: RelationName, hidden: RelationName): Draft {
  return {
    kind: "transaction",
    title: `drop the old enum ${relationKey(type)}`,
    table: null,
    statements: [`DROP TYPE IF EXISTS ${qualified(hidden)}`],
    locks: [],
    patience: "short",
    scans: false,
    rewrites: false,
    undo: [],
    irreversible: "the soak has ended",
  };
}

function places(columns: readonly TypeColumn[]): string {
  return columns.map(({ column, table }) => `${relationKey(table)}.${column}`).join(", ");
}

function warnings({ columns, tables, type }: Replacement, views: boolean): readonly string[] {
  const kept = columns.filter(({ keepsName }) => keepsName);
  return [
    ...(tables.length < 2
      ? []
      : [`the cut-over locks ${tables.map(relationKey).join(", ")} for a moment, in one transaction`]),
    ...tables.map(
      (table) =>
        `the new column stands at the end of ${relationKey(table)}: a positional INSERT and \`select *\` see that, and a prepared \`select *\` fails once`,
    ),
    ...(kept.length === 0
      ? []
      : [
          `both application versions see the old values of ${places(kept)} until the cut-over and the new ones after it: they must tolerate both${views ? ", where they do not use their versioned schemas" : ""}`,
          ...kept.map(({ column, table }) => preparedStatementsFail(`${relationKey(table)}.${column}`)),
        ]),
    `a statement that casts to ${relationKey(type)} means the old type until the cut-over and the new one after it`,
  ];
}
