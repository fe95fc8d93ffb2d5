import { sleep } from "../postgres/sleep.ts";
import type { FillContext } from "./context.ts";
import { readExtents } from "./extents.ts";
import { leafOf, readFillTree } from "./fill.ts";
import type { BatchStep } from "./lane.ts";
import { runLane } from "./run-lane.ts";
import { withFill } from "./with-fill.ts";

/** Milliseconds between two looks at whether others are done with their extents. */
const WAIT_MS = 250;

/**
 * Works on the extents of a step that a runner has made, beside it and under its epoch, until none is left. Extents that
 * others hold are waited for: their holder may die. Proves and finishes its own extents; the step is the runner's to end.
 *
 * @returns the number of extents that it has brought to their end
 * @throws what runFill() throws
 */
export async function joinFill(context: FillContext, step: BatchStep): Promise<number> {
  return await withFill(context, step, async (fill, worker) => {
    let count = 0;
    for (;;) {
      fill.passed.clear();
      fill.tree = await readFillTree(worker, step);
      const extents = await readExtents(worker);
      fill.keeper.follow(extents);
      if (extents.every((extent) => extent.state === "done" || leafOf(fill.tree, extent) === undefined)) return count;
      const finished = await runLane(fill, worker);
      count += finished;
      if (finished > 0) continue;
      await worker.pacing.boundary();
      await sleep(WAIT_MS, context.signal).catch(() => {});
    }
  });
}
