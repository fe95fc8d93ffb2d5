import type { Verification } from "../model/step.ts";
import type { FillContext } from "./context.ts";
import { readExtents } from "./extents.ts";
import { readFillTree } from "./fill.ts";
import type { BatchStep } from "./lane.ts";
import { retryAll } from "./quarantine-retry.ts";
import { withFill } from "./with-fill.ts";

/**
 * Tries the rows again that a step, or a trigger of its table, has put aside: these rows alone, each in a transaction of its own,
 * behind the fence. What is filled, or found to be right, is settled; the rest stays open, with the error that it has now.
 * A row without a primary key is found only while it is at its place.
 *
 * @param verifications of the step's table
 * @throws what runFill() throws
 */
export async function retryRows(
  context: FillContext,
  step: BatchStep,
  verifications: readonly Verification[],
): Promise<void> {
  await withFill(context, step, async (fill, worker) => {
    fill.tree = await readFillTree(worker, step);
    await retryAll(worker, step, fill.tree, await readExtents(worker), { swept: false, verifications });
  });
}
