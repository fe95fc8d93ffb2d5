import { adviceForOpen, adviceOnceSettled, canRetry } from "../execution/quarantine-advice.ts";
import { requireRetriable, retryOpenRows } from "../execution/retry-open-rows.ts";
import { type Entry, openEntries, quarantineEntries } from "../journal/quarantine.ts";
import { rolloutById } from "../journal/rollouts.ts";
import { stepsOf } from "../journal/steps.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import type { Rollout, RolloutState } from "../model/rollout.ts";
import type { FillStep, RowsStep } from "../model/step.ts";
import type { Session } from "../postgres/session.ts";
import { rolloutToReverse } from "./reversing.ts";
import { runRollout, type RunVerbOptions } from "./running.ts";
import type { Workspace } from "./workspace.ts";

/** A row whose value could not be computed or stored. */
export interface QuarantineRow {
  readonly table: string;
  /** JSON text: the primary key; `{"ctid": …}`, its place, if a fill met it in a table without one; else `{"row": …}`, a hash of it. */
  readonly key: string;
  /** What fills it: the columns of the fill that put it aside, or of those of its table. Empty if there is none. */
  readonly columns: readonly string[];
  /** The title of the fill that put it aside; null if a trigger did, in a client's write. */
  readonly step: string | null;
  readonly source: "fill" | "write";
  /** As of the last attempt. */
  readonly error: string;
  readonly sqlstate: string;
  readonly state: Entry["state"];
  /** When it was put aside for the first time; ISO 8601. */
  readonly since: string;
}

export interface QuarantineList {
  readonly plan: string;
  readonly state: RolloutState;
  /** How many rows are open: `ready` and the contract wait for them. */
  readonly open: number;
  /** How many there are of those that were asked for; `rows` has the first of them. */
  readonly total: number;
  readonly rows: readonly QuarantineRow[];
  /** What to do about the open ones; null if there is nothing to do. */
  readonly next: string | null;
}

export interface QuarantineOptions {
  /** The most rows that are told; 20 by default. */
  readonly limit?: number | undefined;
  /** Those that are settled, too. */
  readonly all?: boolean | undefined;
}

/** What a retry has done. */
export interface QuarantineRetry extends QuarantineList {
  /** How many of the rows that were open when it began are not any more. */
  readonly settled: number;
}

const LIMIT = 20;

/** @throws SegueError SEG0302 if the plan was never expanded, SEG0502 for a limit that makes no sense */
export async function listQuarantine(
  workspace: Workspace,
  plan: string,
  options: QuarantineOptions,
): Promise<QuarantineList> {
  const limit = limitOf(plan, options);
  return await workspace.reading(async (session) => {
    return await read(session, await rolloutToReverse(session, plan), { limit, all: options.all === true });
  });
}

/**
 * Tries the open rows again, under the rollout's lease; `limit` is about those that are left.
 *
 * @throws SegueError SEG0302 where rows can't be tried by themselves, SEG0305 while another runner holds the lease
 */
export async function retryQuarantine(
  workspace: Workspace,
  plan: string,
  options: RunVerbOptions & Pick<QuarantineOptions, "limit">,
): Promise<QuarantineRetry> {
  const limit = limitOf(plan, options);
  const { rollout, before } = await workspace.reading(async (session) => {
    const found = await rolloutToReverse(session, plan);
    return { rollout: found, before: await openEntries(session, found.id) };
  });
  if (before.length > 0) {
    requireRetriable(rollout);
    await runRollout(workspace, rollout, options, async (runner) => {
      await retryOpenRows(runner, rollout);
      return rollout.state;
    });
  }
  return await workspace.reading(async (session) => {
    const open = new Set((await openEntries(session, rollout.id)).map(({ id }) => id));
    const settled = before.filter(({ id }) => !open.has(id)).length;
    const left = await read(session, await rolloutById(session, rollout.id), { limit, all: false });
    const next = left.open > 0 ? left.next : canRetry(left.state) ? adviceOnceSettled(plan, left.state) : null;
    return { ...left, next, settled };
  });
}

async function read(
  session: Session,
  rollout: Rollout,
  { limit, all }: { readonly limit: number; readonly all: boolean },
): Promise<QuarantineList> {
  // A reversal changes listed rows, too.
  const fills = (await stepsOf(session, rollout.id)).flatMap(({ step }) =>
    step.kind === "fill" || step.kind === "rows" ? [step] : [],
  );
  const { entries, total } = await quarantineEntries(session, rollout.id, { limit, open: !all });
  const open = all ? (await openEntries(session, rollout.id)).length : total;
  const rows = entries.map((entry): QuarantineRow => {
    const { error, key, name, since, sqlstate, state, step: id, table } = entry;
    const own = fills.filter((fill) =>
      id === "" ? fill.kind === "fill" && relationKey(fill.table) === relationKey(name) : fill.id === id,
    );
    const columns = own.flatMap((fill) => setBy(fill).map(({ column }) => column));
    return {
      table,
      key,
      columns: [...new Set(columns)],
      step: id === "" ? null : (own[0]?.title ?? id),
      source: id === "" ? "write" : "fill",
      error,
      sqlstate,
      state,
      since: since.toISOString(),
    };
  });
  return {
    plan: rollout.plan,
    state: rollout.state,
    open,
    total,
    rows,
    next: open === 0 ? null : nextOf(rollout, rows),
  };
}

function setBy(
  fill: Pick<FillStep, "kind" | "set"> | Pick<RowsStep, "kind" | "change">,
): readonly { readonly column: string }[] {
  if (fill.kind === "fill") return fill.set;
  return fill.change.change === "update" ? fill.change.set : [];
}

/** As a fill or a trigger names a row of a table without a primary key. */
const NAMELESS = /^\{"(?:ctid": "\(\d+,\d+\)|row": "[0-9a-f]{32})"\}$/;

function nextOf({ plan, state }: Rollout, rows: readonly QuarantineRow[]): string | null {
  const next = adviceForOpen(plan, state);
  if (!canRetry(state) || !rows.some((row) => row.state === "open" && NAMELESS.test(row.key))) return next;
  return `${next ?? ""}. Rows without a primary key that have been updated since are looked for by ${adviceOnceSettled(plan, state)}`;
}

function limitOf(plan: string, { limit = LIMIT }: QuarantineOptions): number {
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new SegueError("SEG0502", {
    message: `a limit is a whole number over 0, and ${limit} is not`,
    object: plan,
    left: "Nothing changed.",
    next: "segue quarantine --help",
  });
}
