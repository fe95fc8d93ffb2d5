import { planReversal, type Reversal } from "../execution/reverse.ts";
import { requireJournal } from "../journal/install.ts";
import { latestRollout, programOf } from "../journal/rollouts.ts";
import { stepsOf } from "../journal/steps.ts";
import { SegueError } from "../model/errors.ts";
import type { Rollout } from "../model/rollout.ts";
import { parseExpression, scalarToSql } from "../sql/expression.ts";
import { ROW } from "../model/step.ts";
import { readCatalog } from "../postgres/read-catalog.ts";
import type { Session } from "../postgres/session.ts";
import { relationKey } from "../model/relation.ts";
import { inverseDryRun, type InverseReversal } from "./inverse.ts";
import type { ReverseVerbOptions } from "./running.ts";
import type { Workspace } from "./workspace.ts";

/**
 * The rollout that a reversal is about, by the plan's id. The plan's file is not asked for: it may be gone.
 *
 * @throws SegueError SEG0302 if there is none
 */
export async function rolloutToReverse(session: Session, plan: string): Promise<Rollout> {
  await requireJournal(session);
  const rollout = await latestRollout(session, plan);
  if (rollout !== null) return rollout;
  throw new SegueError("SEG0302", {
    message: `${plan} was never expanded`,
    object: plan,
    next: `segue expand ${plan}`,
  });
}

/**
 * True if the rollout is over and did what no undo step takes back, as the drop of what it hid or a type that was widened
 * in place: it can only be taken back by a rollout of its own.
 */
export async function needsInverse(session: Session, rollout: Rollout): Promise<boolean> {
  if (rollout.state !== "completed") return false;
  const done = (await stepsOf(session, rollout.id)).filter((record) => record.state === "done");
  return done.some(
    ({ stage, step }) => stage === "drop" || ("irreversible" in step && step.irreversible !== undefined),
  );
}

/** What `reverse` would do and lose. */
export interface DryRun extends Reversal {
  readonly plan: string;
  /** Set where undoing steps is not enough, because something was dropped: `steps` is empty then. */
  readonly inverse: InverseReversal | null;
}

/** What a reversal would do and lose. Reads only. */
export async function dryRun(workspace: Workspace, rollout: Rollout, options: ReverseVerbOptions): Promise<DryRun> {
  const { plan } = rollout;
  if (await workspace.reading((session) => needsInverse(session, rollout))) {
    const inverse = await inverseDryRun(workspace, rollout);
    return { plan, steps: [], losses: [], stays: [], irreversible: [], inverse };
  }
  return await workspace.reading(async (session) => {
    const program = await programOf(session, rollout.id);
    const reversal = await planReversal(session, rollout.id, program.losses, {
      to: options.to ?? "start",
      accept: options.accept ?? [],
      fill: options.fill === undefined ? null : await fillValue(session, rollout, options.fill),
    });
    return { plan, ...reversal, inverse: null };
  });
}

/**
 * `--fill`: an expression over the columns of the table whose NULLs it replaces.
 *
 * @throws SegueError SEG0004
 */
export async function fillValue(session: Session, rollout: Rollout, text: string): Promise<string> {
  const program = await programOf(session, rollout.id);
  const table = program.losses.find((loss) => loss.fillable !== undefined)?.fillable?.table;
  if (table === undefined)
    throw new SegueError("SEG0302", {
      message: "this reversal has no column that --fill could fill",
      object: rollout.plan,
    });
  const catalog = await readCatalog(session, {
    tables: [table],
    schemas: [],
    defaultSchema: program.schema,
    questions: [],
  });
  const columns = catalog.tables[relationKey(table)]?.columns.map((column) => column.name) ?? [];
  return parseExpression(scalarToSql(text), { table, columns }).render(ROW);
}
