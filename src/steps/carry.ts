import { z } from "zod";
import type { Column, Index, Table } from "../model/catalog.ts";
import { columnName, tableName } from "../model/fields.ts";
import type { Touch } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import { parseExpression, scalarToSql } from "../sql/expression.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { carryChecks } from "./carry-checks.ts";
import { carryComments } from "./carry-comments.ts";
import { defaultAtCutover } from "./carry-default.ts";
import { carryForeignKeys } from "./carry-foreign-keys.ts";
import { carryIndexStatistics } from "./index-statistics.ts";
import { carryIndexes } from "./carry-indexes.ts";
import { carryNotNull, carryNotNullAtCutover } from "./carry-not-null.ts";
import { analyze, carryStatistics } from "./carry-statistics.ts";
import { exclusiveLocks, nameOf, requireColumn, requireTable } from "./catalog-lookup.ts";
import { generatedKey } from "./generated-key.ts";
import { uncarriableOfKey } from "./key-check.ts";
import { keyColumnsOfPlan } from "./key-entries.ts";
import { familyWithoutKey, withFamily } from "./key-family.ts";
import { referencesOn } from "./key-references.ts";
import { retypedFamily } from "./retyped-family.ts";
import { viewsOf } from "./following-views.ts";
import type { Draft, Lowered, LowerContext, StepKind } from "./step-kind.ts";
import { resolveSync, type SyncFields } from "./sync-pairs.ts";
import { shortTransaction, undoTransaction } from "./transaction-draft.ts";
import { uncarriableError } from "./uncarriable-error.ts";

interface CarryFields {
  readonly table: string;
  readonly from: string;
  readonly to: string;
  readonly defaults?: boolean | undefined;
  readonly part?: "key" | "rest" | undefined;
}

/**
 * Copies everything that hangs on a column to its duplicate, under names of Segue's own, once the duplicate is filled: an
 * index before that would cost every filled row an entry in it. The cut-over gives the copies the original names.
 */
export const carry: StepKind<CarryFields> = {
  kind: "carry",
  fields: z
    .strictObject({
      table: tableName,
      from: columnName,
      to: columnName,
      defaults: z
        .boolean()
        .optional()
        .describe(
          "True: the default and the owned sequence move too, at the cut-over. `replace_column` does that by itself.",
        ),
      part: z
        .enum(["key", "rest"])
        .optional()
        .describe(
          "`key`: only the unique indexes over the column alone, which what references it looks it up by; `rest`: all else.",
        ),
    })
    .describe("Copies indexes, constraints and statistics of a column to its duplicate."),
  phases: ["backfill"],
  tables: (fields, schema) => [parseTableName(fields.table, schema)],
  touches: (fields, schema) => {
    const table = parseTableName(fields.table, schema);
    return [fields.from, fields.to].map((column) => ({ table, column }));
  },
  lower(fields, context) {
    const found = requireTable(context.catalog, fields.table);
    const columns = keyColumnsOfPlan(context);
    const family = retypedFamily(familyWithoutKey(context.catalog, found, fields.from, columns), fields.from, context);
    const [table = found, ...partitions] = family;
    const old = requireColumn(table, fields.from);
    const duplicate = requireColumn(table, fields.to);
    const problems = [
      ...uncarriableOfKey(
        context.catalog,
        found,
        fields.from,
        columns,
        context.settings.ignore_dependents,
        viewsOf(old, duplicate),
      ),
      ...sharedWithOthers(fields, context, table, partitions),
    ];
    if (problems.length > 0) throw uncarriableError(table, fields.from, problems);
    const carrying = {
      table,
      family: [table, ...partitions],
      from: fields.from,
      to: fields.to,
      plan: context.plan,
      catalog: withFamily(context.catalog, family),
    };
    // A concurrent build waits for every older snapshot in the database: what looks the values up then finds them all.
    if (fields.part === "key") return { backfill: carryIndexes(carrying, (index) => isKeyOf(fields.from, index)) };
    // A value that can't be computed must not fail the application's write: it leaves the duplicate NULL until then.
    const required = mayStayEmpty(fields, context) ? "cutover" : "backfill";
    const moved = fields.defaults === true ? moveDefault(table, old, duplicate, partitions) : {};
    return {
      reads: besides(fields.from, table, partitions),
      backfill: [
        ...(generatedKey(context, found, fields.from) === undefined ? proveDefault(table, old, duplicate) : []),
        ...carryIndexes(carrying, (index) => fields.part === undefined || !isKeyOf(fields.from, index)),
        ...carryChecks(carrying),
        ...(required === "backfill" ? carryNotNull(carrying) : []),
        ...carryForeignKeys(carrying),
        ...carryStatistics(carrying),
        ...carryComments(carrying),
        ...carryIndexStatistics(carrying),
        analyze(carrying),
      ],
      ...moved,
      cutover: [...(required === "cutover" ? carryNotNullAtCutover(carrying) : []), ...(moved.cutover ?? [])],
    };
  },
};

function isKeyOf(column: string, { columns, unique }: Index): boolean {
  return unique && columns.every((one) => one === column);
}

/** True if the sync derives the duplicate by an expression that can raise, or looks it up where it may come later. */
function mayStayEmpty({ from, table, to }: CarryFields, context: LowerContext): boolean {
  const { catalog, entries } = context;
  const found = requireTable(catalog, table);
  const generated = generatedKey(context, found, from);
  if (generated !== undefined)
    return parseExpression(scalarToSql(generated.value), { table: found, columns: [] }).canRaise;
  if (referencesOn(context, found).some(({ columns }) => columns.some(({ by }) => by === to))) return true;
  const sync = entries.find(
    ({ spec }) =>
      spec.kind === "sync" &&
      relationKey(parseTableName(String(spec.fields["table"]), catalog.defaultSchema)) === relationKey(found),
  );
  if (sync === undefined) return false;
  const { pairs } = resolveSync(sync.spec.fields as unknown as SyncFields, found);
  return pairs.some((pair) => pair.forward.some((derived) => derived.column === to && derived.guarded));
}

/** The other columns of what is copied: a second rollout that copies the same for one of them would undo the first. */
function besides(from: string, table: Table, partitions: readonly Table[]): readonly Touch[] {
  const columns = [table, ...partitions].flatMap((member) =>
    [...member.indexes, ...member.constraints, ...member.statistics]
      .filter((object) => object.columns.includes(from))
      .flatMap((object) => object.columns),
  );
  return columns.filter((column) => column !== from).map((column) => ({ table: nameOf(table), column }));
}

/** What reads two columns that one plan replaces would be copied twice, each time for one of them only. */
function sharedWithOthers(
  fields: CarryFields,
  context: LowerContext,
  table: Table,
  partitions: readonly Table[],
): string[] {
  const others = context.entries.flatMap(({ spec }) => {
    const { from, table: written } = spec.fields;
    if (spec.kind !== "carry" || typeof from !== "string" || typeof written !== "string" || from === fields.from)
      return [];
    return relationKey(parseTableName(written, context.catalog.defaultSchema)) === relationKey(table) ? [from] : [];
  });
  return [table, ...partitions].flatMap((member) => {
    // The index of a constraint bears its name, and reads what is in INCLUDE besides.
    const constraints = member.constraints.filter((c) => !member.indexes.some((index) => index.constraint === c.name));
    const objects = [...member.indexes, ...constraints, ...member.statistics];
    return objects
      .filter(({ columns }) => columns.includes(fields.from) && columns.some((column) => others.includes(column)))
      .map(
        ({ columns, name }) =>
          `${name} on ${relationKey(member)} reads ${columns.join(", ")}: replace one of them in a plan of its own`,
      );
  });
}

/** A default that the new type can't take would stop the cut-over: it is found here, where nothing depends on it yet. */
function proveDefault(table: Table, old: Column, duplicate: Column): readonly Draft[] {
  if (old.default === null || old.type === duplicate.type) return [];
  const alter = `ALTER TABLE ${qualified(table)} ALTER COLUMN ${ident(duplicate.name)}`;
  const title = `prove that ${relationKey(table)}.${duplicate.name} can take the default`;
  const statements = [`${alter} SET DEFAULT ${old.default}`, `${alter} DROP DEFAULT`];
  return [shortTransaction({ title, table, statements, locks: exclusiveLocks(table) }, [])];
}

function moveDefault(
  table: Table,
  old: Column,
  duplicate: Column,
  partitions: readonly Table[],
): Pick<Lowered, "cutover" | "losses"> {
  const moved = defaultAtCutover(
    table,
    old,
    { hidden: old.name, final: duplicate.name, type: duplicate.type },
    partitions,
  );
  if (moved.apply.length === 0) return {};
  const body = { table, locks: exclusiveLocks(table) };
  const back = undoTransaction({
    ...body,
    title: `move the default back to ${relationKey(table)}.${old.name}`,
    statements: moved.undo,
  });
  const title = `move the default to ${relationKey(table)}.${duplicate.name}`;
  return { cutover: [shortTransaction({ ...body, title, statements: moved.apply }, [back])], losses: moved.losses };
}
