import type { Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import { type FillStep, type Loss, ROW, type Verification } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { isNotNull, isNull } from "../sql/null-test.ts";
import { rowImage } from "../sql/row-image.ts";
import { nameOf } from "./catalog-lookup.ts";
import { assignable, stored } from "./cast.ts";
import { isEqualByImage } from "./equal-by-image.ts";
import type { Derivation, Pair, Sync } from "./sync-pairs.ts";

const allNull = (columns: readonly Derivation[]): string =>
  columns.map((d) => isNull(`${ROW}.${ident(d.column)}`, d.type)).join(" AND ");
/** True, as SQL, if the expression comes to a value for the row. */
const hasValue = (d: Derivation): string => isNotNull(`(${d.expression.render(ROW)})`, d.type);

/** True, as SQL, if each column holds what its expression comes to: the same image, not what its type calls equal. */
function agrees(columns: readonly Derivation[]): string {
  const own = (d: Derivation): string => `${ROW}.${ident(d.column)}`;
  const derived = (d: Derivation): string => stored(d.expression.render(ROW), d.type);
  const images = columns.filter(({ type }) => !isEqualByImage(type));
  const conditions = [
    ...columns.filter(({ type }) => isEqualByImage(type)).map((d) => `${own(d)} IS NOT DISTINCT FROM ${derived(d)}`),
    ...(images.length > 0 ? [`${rowImage(images.map(own))} *= ${rowImage(images.map(derived))}`] : []),
  ];
  return conditions.join(" AND ");
}

/**
 * A row is consistent if `new = forward(old)` or `old = reverse(new)`. Both sides are read from one row version, so the
 * predicate is exact on a live table. A new value that the old side can't hold stands beside a NULL there.
 */
function mismatch(pair: Pair): string {
  const isForward = agrees(pair.forward);
  if (pair.reverse.length === 0) return `CASE WHEN ${isForward} THEN false ELSE ${allNull(pair.forward)} END`;
  const unheld = pair.reverse.some((d) => d.guarded)
    ? ` WHEN ${allNull(pair.reverse)} THEN ${allNull(pair.forward)}`
    : "";
  return `CASE WHEN ${isForward} THEN false${unheld} ELSE NOT (${agrees(pair.reverse)}) END`;
}

/** The consistency pass of a sync, or none if it derives nothing. */
export function verification(sync: Sync): readonly Verification[] {
  const predicates = [
    ...sync.pairs.filter((pair) => pair.forward.length > 0).map(mismatch),
    ...sync.fill.map((d) => `(${allNull([d])} AND ${hasValue(d)})`),
  ];
  if (predicates.length === 0) return [];
  // Of one column alone the mismatch tells.
  const together = sync.pairs.filter((pair) => pair.forward.length > 1).flatMap((pair) => pair.forward);
  const any = (conditions: readonly string[]): string => conditions.map((condition) => `(${condition})`).join(" OR ");
  return [
    {
      table: nameOf(sync.table),
      title: `old and new shape of ${relationKey(sync.table)} agree`,
      mismatch: any(predicates),
      ...(together.length > 0 ? { lacking: any(together.map((d) => `${allNull([d])} AND ${hasValue(d)}`)) } : {}),
    },
  ];
}

/** What a fill writes and where: each pair whose new side is empty, each column without a value. */
export function fillOf(sync: Sync): (Pick<FillStep, "set" | "where" | "sourced"> & { readonly empty: string }) | null {
  const needs: string[] = [];
  const empty: string[] = [];
  const set: { column: string; value: string }[] = [];
  const parts = sync.pairs.filter((pair) => pair.forward.length > 0).length + sync.fill.length;
  for (const pair of sync.pairs) {
    if (pair.forward.length === 0) continue;
    const given = pair.forward.map(hasValue).join(" OR ");
    const need = `${allNull(pair.forward)} AND (${given})`;
    needs.push(need);
    empty.push(allNull(pair.forward));
    for (const d of pair.forward) {
      const value = assignable(d.expression.render(ROW), d.type);
      const own = `${ROW}.${ident(d.column)}`;
      set.push({
        column: d.column,
        value: parts === 1 ? value : `CASE WHEN ${allNull(pair.forward)} THEN ${value} ELSE ${own} END`,
      });
    }
  }
  for (const d of sync.fill) {
    const own = `${ROW}.${ident(d.column)}`;
    const value = d.expression.render(ROW);
    empty.push(allNull([d]));
    needs.push(d.expression.constant ? allNull([d]) : `${allNull([d])} AND ${hasValue(d)}`);
    set.push({
      column: d.column,
      value: parts === 1 ? assignable(value, d.type) : `coalesce(${own}, ${assignable(value, d.type)})`,
    });
  }
  if (needs.length === 0) return null;
  const any = (conditions: readonly string[]): string =>
    conditions.map((condition) => (conditions.length === 1 ? condition : `(${condition})`)).join(" OR ");
  const sources = parts === 1 ? nullableSources(sync) : [];
  return {
    set,
    where: any(needs),
    empty: any(empty),
    ...(sources.length > 0 ? { sourced: [any(empty), ...sources].join(" AND ") } : {}),
  };
}

/** Conditions, as SQL, by which no column is NULL that an expression reads and that may be. */
function nullableSources({ table, pairs, fill }: Sync): string[] {
  const read = new Set(
    [...pairs.flatMap((pair) => pair.forward), ...fill].flatMap(({ expression }) => expression.columns),
  );
  return table.columns
    .filter(({ name, notNull }) => read.has(name) && !notNull)
    .map(({ name, type }) => isNotNull(`${ROW}.${ident(name)}`, type));
}

/** The loss of a reversal that must make a column NOT NULL over NULLs; `hidden` is its name after the cut-over. */
export function nullAfterReverse(table: Table, column: string, hidden: string): Omit<Loss, "step"> {
  const queries = (called: string): { count: string; sample: string } => {
    const from = `FROM ${qualified(table)} AS ${ROW} WHERE ${ROW}.${ident(called)} IS NULL`;
    return { count: `SELECT count(*) ${from}`, sample: `SELECT ${rowKey(table)} ${from} LIMIT 5` };
  };
  return {
    what: `${relationKey(table)}.${column} becomes NOT NULL again, and some rows have no value for it`,
    ...queries(column),
    hidden: queries(hidden),
    flag: "--keep-nullable",
    fillable: { table: nameOf(table), column },
  };
}

/** The loss of a reversal over values that the old side can't hold. */
export function unrepresentable(table: Table, old: string, fresh: string, shown: string): Omit<Loss, "step"> {
  const from = `FROM ${qualified(table)} AS ${ROW} WHERE ${ROW}.${ident(old)} IS NULL AND ${ROW}.${ident(fresh)} IS NOT NULL`;
  return {
    what: `some values of ${relationKey(table)}.${shown} can't be held by the old type`,
    count: `SELECT count(*) ${from}`,
    sample: `SELECT ${rowKey(table)} ${from} LIMIT 5`,
    flag: "--lose-values",
  };
}

/** How a row is named to people: its primary key as JSON, or its place. */
export function rowKey(table: Table): string {
  const primary = table.constraints.find((constraint) => constraint.kind === "primary key");
  if (primary === undefined) return `${ROW}.ctid::text`;
  return `jsonb_build_object(${primary.columns.map((c) => `${literal(c)}, ${ROW}.${ident(c)}`).join(", ")})::text`;
}
