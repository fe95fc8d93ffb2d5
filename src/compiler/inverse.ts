import type { Catalog, Column, Table } from "../model/catalog.ts";
import type { Plan, Spec } from "../model/plan.ts";
import type { Inverse } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { assignmentCanRaise } from "../steps/cast.ts";
import { canonicalType } from "../steps/add-column.ts";
import { OPERATIONS } from "./registry.ts";

interface Part {
  readonly operations?: readonly Spec[];
  readonly expand?: readonly Spec[];
  readonly backfill?: readonly Spec[];
  readonly contract?: readonly Spec[];
  readonly lost?: readonly string[];
  readonly impossible?: string;
}

/**
 * The plan that builds the old shape again after the drop: expanded anew, filled from the new shape, swapped back. Made
 * when the plan is compiled, because only then is the old shape known; kept in the program.
 */
export function inverseOf(plan: Plan, catalog: Catalog): Inverse {
  const parts: Part[] = [
    ...operationsWithCatalogs(plan, catalog)
      .toReversed()
      .map(({ spec, before }) => ofOperation(spec, before)),
    ofPhases(plan, catalog),
  ];
  const impossible = parts.flatMap((part) => (part.impossible === undefined ? [] : [part.impossible]));
  if (impossible.length > 0) return { possible: false, reasons: impossible };
  return {
    possible: true,
    operations: parts.flatMap((part) => part.operations ?? []),
    expand: parts.flatMap((part) => part.expand ?? []),
    backfill: parts.flatMap((part) => part.backfill ?? []),
    contract: parts.flatMap((part) => part.contract ?? []),
    lost: parts.flatMap((part) => part.lost ?? []),
  };
}

/** Each operation names columns as the earlier ones leave them. */
function operationsWithCatalogs(plan: Plan, catalog: Catalog): { spec: Spec; before: Catalog }[] {
  let before = catalog;
  return plan.operations.map((spec) => {
    const found = { spec, before };
    before = OPERATIONS[spec.kind]?.after(spec.fields as never, before) ?? before;
    return found;
  });
}

function ofOperation(spec: Spec, catalog: Catalog): Part {
  const fields = spec.fields as Record<string, string>;
  const { table = "", column = "" } = fields;
  switch (spec.kind) {
    case "rename_column":
      return { operations: [{ kind: spec.kind, fields: { table, from: fields["to"], to: fields["from"] } }] };
    case "change_type":
      return typeBack(spec, catalog);
    case "add_column":
      return { operations: [{ kind: "drop_column", fields: { table, column } }] };
    case "drop_column": {
      const old = columnOf(catalog, table, column);
      if (old === null) return { impossible: `${table}.${column} is not in the catalog of the time` };
      return {
        expand: [addAgain(table, old)],
        lost: [`every value of ${table}.${column}, and its indexes and constraints`],
      };
    }
    case "set_not_null":
      return { expand: [{ kind: "drop_not_null", fields: { table, column } }] };
    case "create_index":
      return fields["name"] === undefined
        ? { impossible: `create_index on ${table} has no name in the plan: drop the index by a plan of its own` }
        : { operations: [{ kind: "drop_index", fields: { table, name: fields["name"] } }] };
    case "sql":
      return fields["down"] === undefined
        ? { impossible: "an sql operation has no `down`" }
        : { operations: [{ kind: "sql", fields: { ...spec.fields, up: fields["down"], down: fields["up"] } }] };
    default:
      return { impossible: `${spec.kind} has no inverse that could be made for you: write it as a plan of its own` };
  }
}

function typeBack(spec: Spec, catalog: Catalog): Part {
  const { table, column, type, forward, reverse } = spec.fields as Record<string, string>;
  const old = columnOf(catalog, table ?? "", column ?? "");
  if (old === null) return { impossible: `${table}.${column} is not in the catalog of the time` };
  const back = {
    table,
    column,
    type: old.type,
    ...(reverse === undefined ? {} : { forward: reverse }),
    ...(forward === undefined ? {} : { reverse: forward }),
  };
  const lossy = assignmentCanRaise(canonicalType(catalog, type ?? ""), old.type);
  return {
    operations: [{ kind: "change_type", fields: back }],
    ...(lossy ? { lost: [`values of ${table}.${column} that ${old.type} can't hold: the fill stops at them`] } : {}),
  };
}

/** Explicit phases: what contract dropped is added again and derived by `reverse`; what expand added is dropped. */
function ofPhases(plan: Plan, catalog: Catalog): Part {
  const { expand, backfill, contract } = plan.phases;
  const unknown = [...expand, ...backfill, ...contract].find((spec) => !INVERTIBLE.has(spec.kind));
  if (unknown !== undefined)
    return { impossible: `an explicit ${unknown.kind} has no inverse that could be made for you` };
  const added = expand.filter((spec) => spec.kind === "add_column");
  const syncs = expand.filter((spec) => spec.kind === "sync");
  const dropped = contract.filter((spec) => spec.kind === "drop_column");
  const lost: string[] = [];
  const columns = dropped.flatMap(({ fields }) => {
    const { table, column } = fields as { table: string; column: string };
    const old = columnOf(catalog, table, column);
    const derived = syncs.some(
      (sync) =>
        sameTable(sync, table, catalog) && Object.hasOwn(Object(sync.fields["reverse"] ?? {}) as object, column),
    );
    if (!derived) lost.push(`every value of ${table}.${column}`);
    return old === null ? [] : [addAgain(table, old)];
  });
  const turned = syncs.map(({ fields }) => {
    const { table, forward, reverse } = fields;
    return {
      kind: "sync",
      fields: {
        table,
        ...(reverse === undefined ? {} : { forward: reverse }),
        ...(forward === undefined ? {} : { reverse: forward }),
      },
    };
  });
  return {
    expand: [...columns, ...turned.filter(({ fields }) => "forward" in fields)],
    backfill: turned
      .filter(({ fields }) => "forward" in fields)
      .map(({ fields }) => ({ kind: "fill", fields: { table: fields.table } })),
    contract: added.map(({ fields }) => ({
      kind: "drop_column",
      fields: { table: fields["table"], column: fields["column"] },
    })),
    lost,
  };
}

const INVERTIBLE: ReadonlySet<string> = new Set([
  "add_column",
  "sync",
  "fill",
  "drop_column",
  "drop_sync",
  "create_index",
  "set_not_null",
]);

function addAgain(table: string, old: Column): Spec {
  const collation = old.collation === null ? {} : { collation: old.collation };
  return { kind: "add_column", fields: { table, column: old.name, type: old.type, ...collation } };
}

function tableOf(catalog: Catalog, written: string): Table | undefined {
  return catalog.tables[relationKey(parseTableName(written, catalog.defaultSchema))];
}

function columnOf(catalog: Catalog, table: string, column: string): Column | null {
  return tableOf(catalog, table)?.columns.find((candidate) => candidate.name === column) ?? null;
}

function sameTable(sync: Spec, table: string, catalog: Catalog): boolean {
  return tableOf(catalog, String(sync.fields["table"])) === tableOf(catalog, table);
}
