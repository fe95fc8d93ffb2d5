import { resolve } from "node:path";
import { effectsOf } from "../compiler/effects.ts";
import { VOCABULARY } from "../compiler/registry.ts";
import { installJournal, journalVersion } from "../journal/install.ts";
import { SegueError } from "../model/errors.ts";
import { findPlan } from "../plan/find-plan.ts";
import { orderPlans } from "../plan/order-plans.ts";
import { readPlans } from "../plan/read-plans.ts";
import { retrying } from "../postgres/retry.ts";
import type { Session } from "../postgres/session.ts";
import { parseTableName } from "../sql/identifier.ts";
import { type Baseline, baselineDryRun, recordBaseline } from "../takeover/baseline.ts";
import { importDryRun, importHistory, type ImportReport } from "../takeover/import-history.ts";
import type { ToolName } from "../takeover/tool.ts";
import { defaultActor } from "./options.ts";
import { TOOL_VERSION } from "./version.ts";
import type { Workspace } from "./workspace.ts";

export interface ImportOptions {
  /** The tool that ran the files, where that can't be told. */
  readonly from?: ToolName | undefined;
  /** The tool's table, `name` or `schema.name`, where it is not called as usual. */
  readonly table?: string | undefined;
  /** Leaves out what was applied and has no file. */
  readonly skipMissing?: boolean | undefined;
  /** Changes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What `segue import` recorded, or would. */
export interface ImportResult extends ImportReport {
  /** As it was given. */
  readonly folder: string;
  /** Whether it is the folder of plans already. */
  readonly isPlansFolder: boolean;
}

/**
 * Takes over the history of the tool that a folder's files ran by.
 *
 * @throws SegueError SEG0001, SEG0003, SEG0005 if the folder can't be one of plans; SEG0601
 */
export async function importFolder(
  workspace: Workspace,
  folder: string,
  { dryRun, from, skipMissing, table }: ImportOptions,
): Promise<ImportResult> {
  const { plansFolder, schema } = await workspace.config();
  const cwd = workspace.options.cwd ?? process.cwd();
  const isPlansFolder = resolve(cwd, folder) === resolve(cwd, plansFolder);
  const shown = resolve(cwd) === process.cwd() ? folder : resolve(cwd, folder);
  const plans = orderPlans(await readPlans(shown, VOCABULARY), (plan) => effectsOf(plan, schema));
  const request = {
    plans,
    from: from ?? null,
    table: table === undefined ? null : parseTableName(table, schema),
    schema,
    skipMissing: skipMissing === true,
    ...(await common(workspace)),
  };
  const work = { dryRun: importDryRun, write: importHistory };
  const report = await takeOver(workspace, dryRun === true, (session, how) => work[how](session, request));
  return { ...report, folder, isPlansFolder };
}

/**
 * Records plans as applied that nobody ran here: all, or those up to and including one, in the order in which they run.
 *
 * @throws SegueError SEG0001, SEG0002, SEG0003, SEG0005; SEG0602
 */
export async function baselinePlans(
  workspace: Workspace,
  word: string | undefined,
  { dryRun }: Pick<ImportOptions, "dryRun">,
): Promise<Baseline> {
  const { schema } = await workspace.config();
  const order = orderPlans(await workspace.plans(), (plan) => effectsOf(plan, schema));
  const last = word === undefined ? undefined : findPlan(order, word);
  const count = last === undefined ? order.length : order.indexOf(last) + 1;
  const request = { plans: order.slice(0, count), later: order.slice(count), schema, ...(await common(workspace)) };
  const work = { dryRun: baselineDryRun, write: recordBaseline };
  return await takeOver(workspace, dryRun === true, (session, how) => work[how](session, request));
}

async function takeOver<T>(
  workspace: Workspace,
  isDryRun: boolean,
  work: (session: Session, how: "dryRun" | "write") => Promise<T>,
): Promise<T> {
  if (isDryRun) return await workspace.reading((session) => work(session, "dryRun"));
  const recording = workspace.writing(async (session) => {
    // What is refused leaves no journal behind.
    if ((await journalVersion(session)) === 0) await work(session, "dryRun");
    await installJournal(session);
    return await retrying(() => work(session, "write"), {
      kinds: ["lock timeout", "deadlock", "serialization"],
      budgetMs: 30_000,
    });
  });
  return await recording.catch((error: unknown) => {
    throw ofLostConnection(error);
  });
}

/** It is one transaction, and may have been committed. */
function ofLostConnection(error: unknown): unknown {
  if (!(error instanceof SegueError) || error.code !== "SEG0407") return error;
  const { cause, message } = error;
  return new SegueError("SEG0407", {
    message,
    left: "Either everything was recorded or nothing.",
    next: "the same command again records what is not recorded yet",
    cause,
  });
}

/** What nobody ran needs no settings of its own; its undo has those that hold for all. */
async function common(workspace: Workspace) {
  return {
    actor: workspace.options.actor ?? defaultActor(),
    toolVersion: TOOL_VERSION,
    // What stands already shows no version of its own.
    settings: { ...(await workspace.settingsOf({ settings: {} })), views: false },
  };
}
