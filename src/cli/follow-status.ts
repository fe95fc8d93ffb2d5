import { setTimeout as pause } from "node:timers/promises";
import type { Context } from "./context.ts";
import { isMissingJournal, noneYet } from "./missing-journal.ts";
import { planIds, type PlanStatus, withPending } from "./pending-plans.ts";

/** How often a journal that is not there yet is looked for. */
const POLL_MS = 1_000;

/**
 * The status again and again, whenever it changed, until the signal is aborted. Where the first expand has yet to make the
 * journal, every plan is pending.
 */
export async function* followStatus(
  { segue }: Pick<Context, "segue">,
  word: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<readonly PlanStatus[]> {
  const plans = word === undefined ? await planIds(segue) : [await planOf(segue, word)];
  while (!signal.aborted) {
    try {
      for await (const reports of segue.watch(word === undefined ? undefined : plans[0], signal))
        yield withPending(reports, plans);
      return;
    } catch (error) {
      if (!isMissingJournal(error)) throw error;
      yield withPending([], plans);
      await pause(POLL_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/** The id that a word means: of a rollout, whose file may be gone, or of a file, which may have no rollout. */
async function planOf(segue: Context["segue"], word: string): Promise<string> {
  const [report] = await segue.status(word).catch(noneYet);
  return report?.plan ?? (await segue.find(word)).id;
}
