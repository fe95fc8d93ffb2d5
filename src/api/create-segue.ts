import { approve } from "../journal/approvals.ts";
import { catalogRestored, eventsOf, type JournalEvent, recordEvent } from "../journal/events.ts";
import { installJournal, journalScript, requireJournal } from "../journal/install.ts";
import { listRollouts } from "../journal/rollouts.ts";
import { verifyAll, type VerificationResult } from "../execution/verification.ts";
import type { Baseline } from "../takeover/baseline.ts";
import { SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import { VOCABULARY } from "../compiler/registry.ts";
import { planJsonSchema } from "../plan/json-schema.ts";
import { checkPlans, type CheckReport } from "./checking.ts";
import { diagnose } from "./doctor.ts";
import type { Finding } from "./finding.ts";
import { interruptedRollouts } from "./interrupted-rollouts.ts";
import { reverseCompleted } from "./inverse.ts";
import { latest, type LatestReport } from "./latest.ts";
import { askFor, type AskedThrottle, takeBack, throttlePlan, type ThrottleResult } from "./asking.ts";
import { defaultActor, type SegueOptions, type VerbOptions } from "./options.ts";
import { explanation, planReport, type PlanReport } from "./planning.ts";
import {
  listQuarantine,
  type QuarantineList,
  type QuarantineOptions,
  type QuarantineRetry,
  retryQuarantine,
} from "./quarantine.ts";
import { scaffoldPlan, type Scaffolded, type ScaffoldRequest } from "./scaffold.ts";
import { type DryRun, dryRun, fillValue, needsInverse, rolloutToReverse } from "./reversing.ts";
import {
  backfillPlan,
  contractPlan,
  type ContractVerbOptions,
  expandPlan,
  resumeRollout,
  reverseRollout,
  type ReverseVerbOptions,
  runRollout,
  type RunVerbOptions,
  upPlan,
  type VerbResult,
} from "./running.ts";
import { readStatus, type StatusReport } from "./status.ts";
import { baselinePlans, importFolder, type ImportOptions, type ImportResult } from "./taking-over.ts";
import { watchStatus } from "./watching.ts";
import { workOn, type WorkResult } from "./working.ts";
import { Workspace } from "./workspace.ts";

/** One plan's history, with the rollouts of it. */
export interface HistoryReport {
  readonly plan: string;
  readonly rollout: string;
  readonly state: string;
  readonly events: readonly JournalEvent[];
}

/** Every verb of the command line, for programs. Each call connects, works and disconnects. */
export type Segue = ReturnType<typeof createSegue>;

/**
 * A Segue for one workspace: a folder of plans and a database. Nothing is read before the first verb.
 *
 * @example
 * const segue = createSegue({ url: process.env.DATABASE_URL, onEvent: console.log });
 * await segue.up("rename_username");
 */
export function createSegue(options: SegueOptions = {}) {
  const workspace = new Workspace(options);
  const actor = (): string => options.actor ?? defaultActor();
  const planOf = (word: string): Promise<Plan> => workspace.plan(word);
  /** A rollout's plan by its word: the file may be gone, the journal has the id. */
  const idOf = async (word: string): Promise<string> => await resolveId(workspace, word);

  return {
    /** Installs the journal, or brings it up to date. */
    init: async (): Promise<void> => await workspace.writing(installJournal),
    /** The SQL that init runs, for people who run it themselves. */
    initScript: journalScript,
    /** The folder of plans. */
    folder: async (): Promise<string> => (await workspace.config()).plansFolder,
    /** Records as completed what another tool has applied of a folder's files, by that tool's own table. */
    importHistory: async (folder: string, how: ImportOptions = {}): Promise<ImportResult> =>
      await importFolder(workspace, folder, how),
    /** Records plans as completed that stand in the database: up to and including one, or all. Runs nothing. */
    baseline: async (word?: string, how: Pick<ImportOptions, "dryRun"> = {}): Promise<Baseline> =>
      await baselinePlans(workspace, word, how),
    /** All plans of the folder, by version. */
    plans: async (): Promise<readonly Plan[]> => await workspace.plans(),
    /** The plan that a word means: its id, file, version or name. */
    find: planOf,
    /** Offline: parses, validates and orders all plans, and finds conflicts between them. */
    check: async (): Promise<CheckReport> => await checkPlans(workspace),
    /** The program of a plan on this database. Changes nothing. */
    plan: async (word: string): Promise<PlanReport> => await planReport(workspace, await planOf(word)),
    /** The plan in explicit phases, as YAML. */
    explain: async (word: string): Promise<string> => await explanation(workspace, await planOf(word)),
    /** Writes a plan file of one operation. */
    scaffold: async (request: ScaffoldRequest): Promise<Scaffolded> => await scaffoldPlan(workspace, request),
    /** The JSON Schema of plan files. */
    schema: (): unknown => planJsonSchema(VOCABULARY),

    expand: async (word: string, verb: RunVerbOptions = {}): Promise<VerbResult> =>
      await expandPlan(workspace, await planOf(word), verb),
    backfill: async (word: string, verb: RunVerbOptions = {}): Promise<VerbResult> =>
      await backfillPlan(workspace, await planOf(word), verb),
    contract: async (word: string, verb: ContractVerbOptions = {}): Promise<VerbResult> =>
      await contractPlan(workspace, await planOf(word), verb),

    /**
     * Expands and backfills plans in their order: the given ones, or all that are pending. Contracts what is marked `auto`.
     * `onResult` is told of each plan as it is done: those before one that fails stand.
     */
    up: async (
      words: readonly string[] = [],
      verb: RunVerbOptions & { readonly contract?: boolean; readonly onResult?: (result: VerbResult) => void } = {},
    ): Promise<readonly VerbResult[]> => {
      const { order } = await checkPlans(workspace);
      const wanted = await Promise.all(words.map(planOf));
      const chosen = wanted.length === 0 ? order : order.filter((plan) => wanted.some(({ id }) => id === plan.id));
      const results: VerbResult[] = [];
      for (const plan of chosen) {
        const result = await upPlan(workspace, plan, { ...verb, contract: verb.contract ?? true });
        verb.onResult?.(result);
        results.push(result);
      }
      return results;
    },

    /** Back to before, or with `to: "ready"` back from the cut-over. What was dropped is expanded again, as a rollout of its own. */
    reverse: async (word: string, verb: ReverseVerbOptions = {}): Promise<VerbResult> => {
      const id = await idOf(word);
      const { rollout, over, value, restored } = await workspace.reading(async (session) => {
        const found = await rolloutToReverse(session, id);
        const fill = verb.fill === undefined ? undefined : await fillValue(session, found, verb.fill);
        const over = await needsInverse(session, found);
        return { rollout: found, over, value: fill, restored: await catalogRestored(session, found.id) };
      });
      if (rollout.state === "reversed")
        return { plan: id, state: "reversed", changed: false, soakEndsAt: null, catalogRestored: restored };
      if (rollout.state === "dropping") throw midDrop(id);
      if (over) return await reverseCompleted(workspace, rollout, verb);
      return await reverseRollout(workspace, rollout, { ...verb, fill: value });
    },
    /** What a reversal would do and lose. Changes nothing. */
    reverseDryRun: async (word: string, verb: ReverseVerbOptions = {}): Promise<DryRun> => {
      const id = await idOf(word);
      const rollout = await workspace.reading((session) => rolloutToReverse(session, id));
      if (rollout.state === "dropping") throw midDrop(id);
      return await dryRun(workspace, rollout, verb);
    },

    /** Goes on with what was interrupted: one plan, or all. */
    resume: async (
      word?: string,
      verb: RunVerbOptions & { readonly yes?: boolean } = {},
    ): Promise<readonly VerbResult[]> => {
      const id = word === undefined ? null : await idOf(word);
      const found = await interruptedRollouts(workspace);
      const results: VerbResult[] = [];
      for (const rollout of found)
        if (id === null || rollout.plan === id) results.push(await resumeRollout(workspace, rollout, verb));
      return results;
    },

    /** Joins a backfill that runs, from this process: fills until nothing is left. The step is its runner's to end. */
    work: async (word: string, verb: VerbOptions = {}): Promise<WorkResult> =>
      await workOn(workspace, await idOf(word), verb),

    /** The consistency pass. Reads only. */
    verify: async (word: string, verb: RunVerbOptions = {}): Promise<readonly VerificationResult[]> => {
      const id = await idOf(word);
      const rollout = await workspace.reading((session) => rolloutToReverse(session, id));
      let results: readonly VerificationResult[] = [];
      await runRollout(workspace, rollout, verb, async (runner) => {
        if (!["expanded", "backfilling", "ready"].includes(rollout.state)) throw nothingToVerify(id, rollout.state);
        results = await verifyAll(runner);
        return rollout.state;
      });
      return results;
    },

    status: async (word?: string): Promise<readonly StatusReport[]> => {
      const id = word === undefined ? undefined : await idOf(word);
      return await workspace.reading((session) => readStatus(session, id));
    },
    /** The status whenever it changes, until the signal is aborted. */
    watch: (word: string | undefined, signal: AbortSignal): AsyncGenerator<readonly StatusReport[]> =>
      watchStatus(workspace, word, signal),
    history: async (word?: string): Promise<readonly HistoryReport[]> => {
      const id = word === undefined ? null : await idOf(word);
      return await workspace.reading(async (session) => {
        await requireJournal(session);
        const reports: HistoryReport[] = [];
        for (const { id: rollout, plan, state } of await listRollouts(session)) {
          if (id === null || plan === id)
            reports.push({ plan, rollout, state, events: await eventsOf(session, rollout) });
        }
        return reports;
      });
    },

    pause: async (word: string): Promise<void> => await askFor(workspace, await idOf(word), "pause", actor()),
    cancel: async (word: string): Promise<void> => await askFor(workspace, await idOf(word), "cancel", actor()),
    /** True if it was paused. */
    unpause: async (word: string): Promise<boolean> =>
      await takeBack(workspace, await idOf(word), "pause", actor(), "unpaused"),
    /**
     * Makes the fills of a rollout sleep in proportion to their work, from the next batch on, on whatever host they run. It
     * survives restarts; `ratio: 0` takes it off.
     *
     * @throws SegueError SEG0502 for a ratio that is not between 0 and 100, or a ttl that is not over 0; SEG0302 if there is
     *   no rollout
     */
    throttle: async (word: string, asked: AskedThrottle): Promise<ThrottleResult> =>
      await throttlePlan(workspace, await idOf(word), asked, actor()),
    approve: async (word: string, label: string): Promise<void> => {
      const id = await idOf(word);
      await workspace.writing(async (session) => {
        const rollout = await rolloutToReverse(session, id);
        await approve(session, rollout.id, label, actor());
        await recordEvent(session, rollout.id, "approved", { label }, actor());
      });
    },
    /** The rows that could not be filled, first those that have been there longest. */
    quarantine: async (word: string, which: QuarantineOptions = {}): Promise<QuarantineList> =>
      await listQuarantine(workspace, await idOf(word), which),
    /** Tries the open ones again, without the rest of the backfill; those that are left say why. */
    retryQuarantined: async (
      word: string,
      verb: RunVerbOptions & Pick<QuarantineOptions, "limit"> = {},
    ): Promise<QuarantineRetry> => await retryQuarantine(workspace, await idOf(word), verb),
    /** Takes over the lease of a process that is known to be dead, ends what it left on the server, and gives the lease back. */
    unlock: async (word: string, verb: RunVerbOptions = {}): Promise<VerbResult> => {
      const id = await idOf(word);
      const rollout = await workspace.reading((session) => rolloutToReverse(session, id));
      return await runRollout(workspace, rollout, { ...verb, force: true }, () => Promise.resolve(rollout.state));
    },
    /** The newest versioned schema; `password`: whether its URL has the password in it. */
    latest: async ({ password = false }: { readonly password?: boolean } = {}): Promise<LatestReport> =>
      await latest(workspace, password),
    doctor: async (): Promise<readonly Finding[]> => await diagnose(workspace),
  };
}

async function resolveId(workspace: Workspace, word: string): Promise<string> {
  const known = await workspace.reading(async (session) => {
    await requireJournal(session);
    return (await listRollouts(session)).map((rollout) => rollout.plan);
  });
  const exact = known.filter((plan) => plan === word || plan.replace(/^\d+_/, "") === word);
  const [only, ...more] = new Set(exact);
  if (only !== undefined && more.length === 0) return only;
  return (await workspace.plan(word)).id;
}

function midDrop(plan: string): SegueError {
  return new SegueError("SEG0302", {
    message: `${plan} is dropping: part of the old shape may be gone`,
    object: plan,
    next: `segue contract ${plan} finishes it; segue reverse ${plan} then builds the old shape anew`,
  });
}

function nothingToVerify(plan: string, state: string): SegueError {
  return new SegueError("SEG0302", {
    message: `${plan} is ${state}: there are no two shapes to compare`,
    object: plan,
  });
}
