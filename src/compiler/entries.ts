import type { Catalog } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { type Phase, PHASES } from "../model/phase.ts";
import type { Plan, Spec } from "../model/plan.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { OPERATIONS } from "./registry.ts";

/** The explicit form of a plan: what `segue plan --explain` prints, and what programs are made of. */
export type Entries = Readonly<Record<Phase, readonly Spec[]>>;

/**
 * Compiles operations to entries and appends the plan's own phases. Entries of one table's sync and fill are joined,
 * so that a table has one trigger function and one pass, however many columns are on their way.
 *
 * @throws SegueError of an operation, with its place in the file
 */
export function entriesOf(plan: Plan, catalog: Catalog): { entries: Entries; warnings: readonly string[] } {
  const found: Record<Phase, Spec[]> = { expand: [], backfill: [], contract: [] };
  const warnings: string[] = [];
  let current = catalog;
  plan.operations.forEach((spec, index) => {
    const operation = OPERATIONS[spec.kind];
    if (operation === undefined) throw new Error(`no operation ${spec.kind}`);
    const phases = placed(plan, ["operations", index], () => operation.compile(spec.fields as never, current));
    for (const phase of PHASES) found[phase].push(...phases[phase]);
    warnings.push(...(phases.warnings ?? []));
    current = operation.after(spec.fields as never, current);
  });
  for (const phase of PHASES) found[phase].push(...plan.phases[phase]);
  return { entries: normalize(found, catalog.defaultSchema), warnings };
}

function normalize(found: Record<Phase, Spec[]>, schema: string): Entries {
  return {
    expand: joinSyncs(found.expand, schema),
    backfill: once(found.backfill, "fill", schema),
    contract: once(found.contract, "drop_sync", schema),
  };
}

const tableOf = (spec: Spec, schema: string): string =>
  relationKey(parseTableName(String(spec.fields["table"]), schema));

/** One sync a table, behind the last column that is added to it. */
function joinSyncs(entries: readonly Spec[], schema: string): Spec[] {
  const syncs = new Map<string, Spec>();
  for (const spec of entries) {
    if (spec.kind !== "sync") continue;
    const key = tableOf(spec, schema);
    syncs.set(key, merged(syncs.get(key), spec));
  }
  const rest = entries.filter((spec) => spec.kind !== "sync");
  // How many of the rest stand before it: the order is the same when the joined entries are read again.
  const places = [...syncs].map(([key, spec]) => {
    const last = rest.findLastIndex(
      (other) => ["add_column", "create_table"].includes(other.kind) && tableOf(other, schema) === key,
    );
    const first = entries.findIndex((other) => other.kind === "sync" && tableOf(other, schema) === key);
    const before = entries.slice(0, first).filter((other) => other.kind !== "sync").length;
    return { spec, place: Math.max(last + 1, before) };
  });
  const at = (place: number): Spec[] => places.filter((sync) => sync.place === place).map(({ spec }) => spec);
  return [...rest.flatMap((spec, index) => [...at(index), spec]), ...at(rest.length)];
}

function merged(a: Spec | undefined, b: Spec): Spec {
  if (a === undefined) return b;
  const fields: Record<string, unknown> = { table: a.fields["table"] };
  for (const key of ["forward", "reverse", "fill", "defaults"]) {
    const [left, right] = [a.fields[key] ?? {}, b.fields[key] ?? {}] as Record<string, unknown>[];
    for (const column of Object.keys(left ?? {})) {
      if (right !== undefined && column in right) {
        throw new SegueError("SEG0003", {
          message: `two entries of the plan derive ${String(a.fields["table"])}.${column}`,
        });
      }
    }
    const joined = { ...left, ...right };
    if (Object.keys(joined).length > 0) fields[key] = joined;
  }
  return { kind: "sync", fields };
}

/** The first entry of a kind without `set` stands for all of its table. */
function once(entries: readonly Spec[], kind: string, schema: string): Spec[] {
  const seen = new Set<string>();
  const kept = entries.filter((spec) => {
    if (spec.kind !== kind || spec.fields["set"] !== undefined) return true;
    const key = tableOf(spec, schema);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  // Fills first: an index or constraint on the new column that stood before it would keep updates from being HOT.
  return kind === "fill" ? [...kept.filter((s) => isTableFill(s)), ...kept.filter((s) => !isTableFill(s))] : kept;
}

function isTableFill(spec: Spec): boolean {
  return spec.kind === "fill" && spec.fields["set"] === undefined;
}

/** Runs `work`; an error of it gets the place in the plan's file that it is about. */
export function placed<T>(plan: Plan, path: readonly (string | number)[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    const found = plan.locate(path);
    if (found === undefined || error.problems.some((problem) => problem.at !== undefined)) throw error;
    const here = { message: error.message, at: found.at, source: found.source };
    throw new SegueError(error.code, {
      message: error.message,
      problems: [here, ...error.problems],
      ...(error.object === undefined ? {} : { object: error.object }),
      ...(error.left === undefined ? {} : { left: error.left }),
      ...(error.next === undefined ? {} : { next: error.next }),
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      cause: error,
    });
  }
}
