import type { Catalog } from "../model/catalog.ts";
import type { Plan, Spec } from "../model/plan.ts";
import type { Inverse, InversePart } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import { addAgain, columnBefore } from "../operations/add-again.ts";
import { parseTableName } from "../sql/identifier.ts";
import { OPERATIONS } from "./registry.ts";

/**
 * The plan that builds the old shape again after the drop: expanded anew, filled from the new shape, swapped back. Made
 * when the plan is compiled, because only then is the old shape known; kept in the program.
 */
export function inverseOf(plan: Plan, catalog: Catalog): Inverse {
  const parts: InversePart[] = [
    ...operationsWithCatalogs(plan, catalog)
      .toReversed()
      .map(({ spec, before }) => OPERATIONS[spec.kind]?.inverse(spec.fields as never, before) ?? {}),
    ofPhases(plan, catalog),
  ];
  const impossible = parts.flatMap((part) => (part.impossible === undefined ? [] : [part.impossible]));
  if (impossible.length > 0) return { possible: false, reasons: impossible };
  const specs = {
    operations: parts.flatMap((part) => part.operations ?? []),
    expand: parts.flatMap((part) => part.expand ?? []),
    backfill: parts.flatMap((part) => part.backfill ?? []),
    contract: parts.flatMap((part) => part.contract ?? []),
  };
  const lost = parts.flatMap((part) => part.lost ?? []);
  if (lost.length > 0 && Object.values(specs).every((list) => list.length === 0))
    return { possible: false, reasons: lost };
  return { possible: true, ...specs, lost };
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

/** Explicit phases: what contract dropped is added again and derived by `reverse`; what expand added is dropped. */
function ofPhases(plan: Plan, catalog: Catalog): InversePart {
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
    const old = columnBefore(catalog, table, column);
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

function sameTable(sync: Spec, table: string, catalog: Catalog): boolean {
  const keyOf = (written: unknown): string => relationKey(parseTableName(String(written), catalog.defaultSchema));
  return keyOf(sync.fields["table"]) === keyOf(table);
}
