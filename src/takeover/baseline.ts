import { compile } from "../compiler/compile.ts";
import { catalogFor } from "../execution/start.ts";
import { knownStates } from "../journal/known-states.ts";
import { lockRollouts } from "../journal/rollouts.ts";
import type { Catalog } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import type { Program } from "../model/program.ts";
import type { RolloutState } from "../model/rollout.ts";
import type { RolloutSettings } from "../model/settings.ts";
import type { TransactionStep } from "../model/step.ts";
import type { Session } from "../postgres/session.ts";
import { type Recorder, recordStanding } from "./record-standing.ts";

export interface BaselineRequest extends Recorder {
  /** What is said to stand in the database, in order. */
  readonly plans: readonly Plan[];
  /** The plans after them. */
  readonly later: readonly Plan[];
  /** Where unqualified words of plans are looked up. */
  readonly schema: string;
  readonly settings: RolloutSettings;
}

/** What a baseline records, or would. */
export interface Baseline {
  /** `reversible`: plain SQL with a way down. */
  readonly recorded: readonly { readonly plan: string; readonly reversible: boolean }[];
  /** Completed in the journal already. */
  readonly known: readonly string[];
  /** Later plans that the journal has nothing of. */
  readonly pending: readonly string[];
}

/**
 * What a baseline would record. Changes nothing, and needs no journal.
 *
 * @throws SegueError SEG0602
 */
export async function baselineDryRun(session: Session, request: BaselineRequest): Promise<Baseline> {
  return (await look(session, request)).baseline;
}

/**
 * Records plans as completed without running anything of them: all or none, in one transaction, behind the lock that starts
 * of rollouts take. Run again, it records what is new.
 *
 * @throws SegueError SEG0602 if the journal knows better
 */
export async function recordBaseline(session: Session, request: BaselineRequest): Promise<Baseline> {
  return await session.transaction(async () => {
    await lockRollouts(session);
    const { baseline, fresh } = await look(session, request);
    for (const { plan, program } of fresh)
      await recordStanding(session, { plan, program, event: { type: "baseline", detail: {} } }, request);
    return baseline;
  });
}

interface Look {
  readonly fresh: readonly { readonly plan: Plan; readonly program: Program }[];
  readonly baseline: Baseline;
}

async function look(session: Session, request: BaselineRequest): Promise<Look> {
  const { later, plans, schema, settings } = request;
  const states = await knownStates(session);
  refuseContradiction(plans, states);
  const unknown = plans.filter(({ id }) => !states.has(id)).map((plan) => (plan.form === "sql" ? plan : emptied(plan)));
  const [first] = unknown;
  // None of them names a table: one catalog does for all.
  const catalog = first === undefined ? null : await catalogFor(session, first, settings, schema);
  const fresh = catalog === null ? [] : unknown.map((plan) => ({ plan, program: programOf(plan, catalog, settings) }));
  return {
    fresh,
    baseline: {
      recorded: fresh.map(({ plan, program }) => ({
        plan: plan.id,
        reversible: program.expand.every(({ irreversible }) => irreversible === undefined),
      })),
      known: plans.map(({ id }) => id).filter((id) => states.has(id)),
      pending: later.map(({ id }) => id).filter((id) => !states.has(id)),
    },
  };
}

/** What it would do can't be compiled any more: it stands. The hash and the content stay those of the file. */
function emptied(plan: Plan): Plan {
  return { ...plan, operations: [], phases: { expand: [], backfill: [], contract: [] }, gates: [] };
}

const NO_WAY_BACK = "segue baseline recorded it: Segue ran nothing of it, and knows no way back";

/** Nothing to run; it keeps a reversal from finding nothing to undo, and calling that done. */
const STANDS: TransactionStep = {
  kind: "transaction",
  id: "expand.1",
  title: "stood before Segue came",
  table: null,
  statements: [],
  locks: [],
  patience: "short",
  scans: false,
  rewrites: false,
  undo: [],
  irreversible: NO_WAY_BACK,
};

/** Plain SQL is taken back by its way down, whoever ran it. Of anything else nobody knows what there was before. */
function programOf(plan: Plan, catalog: Catalog, settings: RolloutSettings): Program {
  const program = compile(plan, catalog, settings);
  if (plan.form === "sql") return program;
  return { ...program, expand: [STANDS], inverse: { possible: false, reasons: [NO_WAY_BACK] } };
}

/** @throws SegueError SEG0602 */
function refuseContradiction(plans: readonly Plan[], states: ReadonlyMap<string, RolloutState>): void {
  const against = plans.flatMap(({ id }) => {
    const state = states.get(id);
    return state === undefined || state === "completed" ? [] : [{ id, state }];
  });
  if (against.length === 0) return;
  throw new SegueError("SEG0602", {
    message: "the journal knows that not all of these plans stand",
    problems: against.map(({ id, state }) => ({ message: `${id} is ${state}` })),
    next: "finish or reverse what is in flight, expand what was reversed, or give a plan before it: segue status",
  });
}
