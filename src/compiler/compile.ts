import type { Catalog } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { type Phase, PHASES } from "../model/phase.ts";
import type { Plan, Spec } from "../model/plan.ts";
import { columnHoldings } from "../model/column-holdings.ts";
import type { Holdings, Program, Touch } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import type { RolloutSettings } from "../model/settings.ts";
import type { Loss } from "../model/step.ts";
import type { Draft, Lowered, LowerContext } from "../steps/step-kind.ts";
import { assemble, type Piece } from "./assemble.ts";
import { cutoverOrder } from "./cutover-order.ts";
import { type Entries, entriesOf, placed } from "./entries.ts";
import { inverseOf } from "./inverse.ts";
import { STEPS } from "./registry.ts";
import { distinct, makesVersions, touchesOf } from "./scope.ts";
import { versionParts } from "./versions.ts";
import { visibleCatalog } from "./visible-catalog.ts";

/**
 * Compiles a plan against a catalog to its program. Pure: the same plan and catalog give the same program.
 *
 * @throws SegueError SEG0003, SEG0004, SEG0101, SEG0102, SEG0103, with the place in the plan's file where it is known
 */
export function compile(plan: Plan, catalog: Catalog, settings: RolloutSettings): Program {
  const visible = visibleCatalog(catalog, settings);
  const { entries, warnings } = entriesOf(plan, visible);
  const found = lowerAll(plan, entries, visible, settings);
  const touches = touchesOf(plan, catalog.defaultSchema, entries.contract.filter(reachesFurther));
  const views = makesVersions(plan, settings) ? versionParts(plan, visible, found.after, touches) : null;
  const lowered = views === null ? found.lowered : [views.first, ...found.lowered, views.last];
  const backfill = [...pieces(lowered, "backfill"), ...pieces(lowered, "ready")];
  const stages = {
    expand: assemble("expand", pieces(lowered, "expand")),
    backfill: assemble("backfill", backfill),
    cutover: assemble("cutover", pieces(cutoverOrder(lowered), "cutover")),
    drop: assemble("drop", columnsLast(pieces(lowered, "drop"))),
  };
  return {
    format: 1,
    plan: plan.id,
    planHash: plan.hash,
    description: plan.description,
    major: catalog.major,
    schema: catalog.defaultSchema,
    expand: stages.expand.steps,
    backfill: stages.backfill.steps,
    verify: lowered.flatMap((l) => l.verify ?? []),
    gates: plan.gates,
    cutover: stages.cutover.steps,
    soak: stages.drop.steps.length > 0 ? settings.contract.soak : null,
    drop: stages.drop.steps,
    losses: [...stages.expand.losses, ...stages.backfill.losses, ...stages.cutover.losses],
    touches: [...touches, ...(views?.touches ?? [])],
    reads: distinct(lowered.flatMap((l) => l.reads ?? [])),
    watches: lowered.flatMap((l) => l.watches ?? []),
    hides: lowered.flatMap((l) => l.hides ?? []),
    holdings: found.lowered.flatMap((l) => l.holdings),
    inverse: inverseOf(plan, visible),
    settings,
    ...(views === null ? {} : { versions: views.versions }),
    warnings: [...new Set([...warnings, ...lowered.flatMap((l) => l.warnings ?? [])])],
  };
}

/** A key is replaced together with all that references it, an enum with every column that holds it. */
function reachesFurther({ kind }: Spec): boolean {
  return ["replace_key", "move_primary_key", "replace_type"].includes(kind);
}

type LoweredEntry = Lowered & { readonly holdings: readonly Holdings[] };

/** Every entry lowered, and what an entry behind the last one would see. */
function lowerAll(
  plan: Plan,
  entries: Entries,
  catalog: Catalog,
  settings: RolloutSettings,
): { lowered: readonly LoweredEntry[]; after: LowerContext } {
  const all = PHASES.flatMap((phase) => entries[phase].map((spec) => ({ phase, spec })));
  let current = catalog;
  const lowered = all.map(({ phase, spec }) => {
    const step = STEPS[spec.kind];
    if (step === undefined) throw new SegueError("SEG0001", { message: `no step ${spec.kind}` });
    const context: LowerContext = { catalog: current, phase, settings, plan: plan.id, entries: all };
    const lowered = placed(plan, placeOf(plan, phase, spec), () => step.lower(spec.fields as never, context));
    const holdings = (lowered.hides ?? []).flatMap((touch) => holdingsOf(touch, catalog, current, lowered.makes));
    current = step.after?.(spec.fields as never, current) ?? current;
    return { ...lowered, holdings };
  });
  return { lowered, after: { catalog: current, phase: "contract", settings, plan: plan.id, entries: all } };
}

function holdingsOf(
  { column, table }: Touch,
  before: Catalog,
  current: Catalog,
  makes: readonly string[] = [],
): Holdings[] {
  if (column === null) return [];
  const standing = columnHoldings(before, table, column).map(({ on, what }) => ({ what, on }));
  return [
    { table, column, standing, planned: [...columnHoldings(current, table, column).map(({ what }) => what), ...makes] },
  ];
}

/** An explicit entry has a place of its own; what an operation compiled to has the first operation of that table. */
function placeOf(plan: Plan, phase: Phase, spec: Spec): readonly (string | number)[] {
  const own = plan.phases[phase].indexOf(spec);
  if (own >= 0) return [phase, own];
  const tableOf = ({ fields }: Spec): unknown => fields["table"] ?? fields["from"];
  const operation = plan.operations.findIndex((o) => tableOf(o) === tableOf(spec));
  return operation >= 0 ? ["operations", operation] : [phase];
}

/** The drafts of one stage, each with the losses of the entry that its undoing would cost. */
function pieces(all: readonly Lowered[], stage: "expand" | "backfill" | "ready" | "cutover" | "drop"): Piece[] {
  return all.flatMap((lowered) => {
    const drafts: readonly Draft[] = lowered[stage] ?? [];
    const bearer = bearerOf(lowered);
    const losses: readonly Omit<Loss, "step">[] = stage === bearer ? (lowered.losses ?? []) : [];
    return drafts.map((draft, index) => ({ draft, losses: index === 0 ? losses : [] }));
  });
}

/** The stage whose undoing loses something: where a column is hidden, or the first that there is. */
function bearerOf({ backfill, cutover, expand, hides }: Lowered): "expand" | "backfill" | "cutover" {
  if (cutover !== undefined && hides !== undefined) return "cutover";
  if (expand !== undefined) return "expand";
  return backfill === undefined ? "cutover" : "backfill";
}

/**
 * What locks a second table goes first: the triggers must go in one transaction with the columns that they keep filled,
 * or a hidden NOT NULL column would fail every insert in between.
 */
function columnsLast(found: readonly Piece[]): Piece[] {
  const foreign = (piece: Piece): boolean =>
    piece.draft.kind === "transaction" &&
    new Set(piece.draft.locks.map((lock) => relationKey(lock.relation))).size > 1 &&
    piece.draft.title.startsWith("drop constraint");
  return [...found.filter(foreign), ...found.filter((piece) => !foreign(piece))];
}
