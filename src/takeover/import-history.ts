import { compile } from "../compiler/compile.ts";
import { catalogFor } from "../execution/start.ts";
import { knownStates } from "../journal/known-states.ts";
import { lockRollouts } from "../journal/rollouts.ts";
import { SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import type { Program } from "../model/program.ts";
import type { RolloutState } from "../model/rollout.ts";
import type { RolloutSettings } from "../model/settings.ts";
import type { Session } from "../postgres/session.ts";
import type { HistoryRequest } from "./find-history.ts";
import { type History, readHistory } from "./read-history.ts";
import { type Recorder, recordStanding } from "./record-standing.ts";
import type { ToolName } from "./tool.ts";

export interface ImportRequest extends HistoryRequest, Recorder {
  readonly settings: RolloutSettings;
  /** Leaves out what was applied and has no file. */
  readonly skipMissing: boolean;
}

/** What an import records, or would. */
export interface ImportReport {
  readonly tool: ToolName;
  /** The tool's own table, which is only read. */
  readonly table: string;
  /** In the order of their versions. `reversible`: the file has a way down. */
  readonly imported: readonly {
    readonly plan: string;
    /** ISO 8601; null where the tool does not record it. */
    readonly appliedAt: string | null;
    readonly reversible: boolean;
  }[];
  /** Applied by the tool, and in the journal already: left as it is there. */
  readonly known: readonly { readonly plan: string; readonly state: RolloutState }[];
  /** Applied, without a file, and left out. */
  readonly skipped: readonly string[];
  /** Plans of the folder that neither the tool nor Segue has run. */
  readonly pending: readonly string[];
}

/**
 * What an import would record. Changes nothing, and needs no journal.
 *
 * @throws SegueError SEG0601
 */
export async function importDryRun(session: Session, request: ImportRequest): Promise<ImportReport> {
  return (await look(session, request)).report;
}

/**
 * Records what a tool has applied, all of it or nothing: in one transaction, behind the lock that starts of rollouts take,
 * so that two imports at once record each migration once. What the journal knows of a plan is left as it is, whatever its
 * state: run again, it adds what the tool has applied since.
 *
 * @throws SegueError SEG0601
 */
export async function importHistory(session: Session, request: ImportRequest): Promise<ImportReport> {
  return await session.transaction(async () => {
    await lockRollouts(session);
    const { fresh, history, report } = await look(session, request);
    for (const { at, plan, program } of fresh) {
      const detail = { tool: history.tool, table: history.table, applied_at: at?.toISOString() ?? null };
      await recordStanding(
        session,
        { plan, program, event: { type: `imported from ${history.tool}`, detail } },
        request,
      );
    }
    return report;
  });
}

interface Look {
  readonly history: History;
  readonly fresh: readonly { readonly plan: Plan; readonly at: Date | null; readonly program: Program }[];
  readonly report: ImportReport;
}

async function look(session: Session, request: ImportRequest): Promise<Look> {
  const history = await readHistory(session, request);
  if (history.missing.length > 0 && !request.skipMissing) throw filesMissing(history);
  const states = await knownStates(session);
  const unknown = history.applied.filter(({ plan }) => !states.has(plan.id));
  const [first] = unknown;
  // Plain SQL names no table: one catalog does for all.
  const catalog = first === undefined ? null : await catalogFor(session, first.plan, request.settings, request.schema);
  const fresh =
    catalog === null ? [] : unknown.map((one) => ({ ...one, program: compile(one.plan, catalog, request.settings) }));
  const applied = new Set(history.applied.map(({ plan }) => plan.id));
  return {
    history,
    fresh,
    report: {
      tool: history.tool,
      table: history.table,
      imported: fresh.map(({ at, plan, program }) => ({
        plan: plan.id,
        appliedAt: at?.toISOString() ?? null,
        reversible: program.expand.every(({ irreversible }) => irreversible === undefined),
      })),
      known: history.applied.flatMap(({ plan: { id } }) => {
        const state = states.get(id);
        return state === undefined ? [] : [{ plan: id, state }];
      }),
      skipped: history.missing,
      pending: request.plans.map(({ id }) => id).filter((id) => !applied.has(id) && !states.has(id)),
    },
  };
}

function filesMissing({ missing, tool }: History): SegueError {
  const count = missing.length === 1 ? "a migration that has" : `${missing.length} migrations that have`;
  return new SegueError("SEG0601", {
    message: `${tool} applied ${count} no file here`,
    problems: missing.map((name) => ({ message: name })),
    next: "bring the files back, or leave them out of the history with --skip-missing",
  });
}
