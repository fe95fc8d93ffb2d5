import { relationKey } from "../model/relation.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";
import { ClaimLost } from "./claim-lost.ts";
import { claimNext, releaseExtent } from "./claims.ts";
import type { Extent } from "./extents.ts";
import { type Fill, filedUnder, keyOf, leafOf, readFillTree } from "./fill.ts";
import { chooseDeal } from "./deal.ts";
import { fillExtent, refuseWhatNeverRuns } from "./fill-extent.ts";
import type { Lane } from "./lane.ts";
import type { Leaf } from "./leaves.ts";
import { TURNS } from "./stripes.ts";
import { Quarantine } from "./quarantine.ts";
import type { Worker } from "./worker.ts";

/** What a worker keeps of a leaf from one of its extents to the next. */
type Known = Pick<Lane, "quarantine" | "pace" | "deal">;

/**
 * One worker: claims extents and fills them, one after the other, until none is to be had.
 *
 * @returns the number of extents that it has brought to their end
 */
export async function runLane(fill: Fill, worker: Worker): Promise<number> {
  const known = new Map<string, Known>();
  let finished: Extent | null = null;
  let count = 0;
  for (;;) {
    let extent: Extent | null = null;
    try {
      extent = await claimNext(worker, finished, [...fill.passed]);
      if (finished !== null) count += 1;
      finished = null;
      if (extent === null) return count;
      fill.keeper.hold(extent, worker.owner);
      const leaf = await currentLeafOf(fill, worker, extent);
      if (leaf === undefined) await passOver(fill, worker, extent);
      else if ((await fillExtent(await laneFor(fill, worker, known, extent, leaf))) === "swept") finished = extent;
    } catch (error) {
      finished = null;
      if (error instanceof ClaimLost) continue;
      if (extent === null) throw error;
      if (sqlstateOf(error) === SQLSTATE.undefinedTable && (await isGone(fill, worker, extent))) {
        // Old partitions are dropped on any day: their rows are gone, and so is the work.
        await passOver(fill, worker, extent);
        continue;
      }
      // For the next run, which need not wait for the claim to run out.
      if (!worker.context.session.closed) await releaseExtent(worker, extent).catch(() => {});
      throw error;
    } finally {
      if (extent !== null) fill.keeper.letGo(extent);
    }
  }
}

async function laneFor(
  fill: Fill,
  worker: Worker,
  leaves: Map<string, Known>,
  extent: Extent,
  leaf: Leaf,
): Promise<Lane> {
  const { step, tracker, hotWatch, coldVacuum } = fill;
  const name = relationKey(leaf.table);
  const before = leaves.get(name);
  const known = before ?? {
    quarantine: new Quarantine(worker, filedUnder(fill, leaf)),
    pace: { window: null },
    deal: await chooseDeal(
      leaf,
      step.kind === "fill" ? step : null,
      isShared(worker) ? TURNS.shared : TURNS.alone,
      worker,
    ),
  };
  const lane: Lane = {
    worker,
    step,
    leaf,
    extent,
    ...known,
    keyColumns: keyOf(step, fill.tree),
    tracker,
    hotWatch,
    coldVacuum,
  };
  if (before === undefined) {
    await known.quarantine.load();
    await refuseWhatNeverRuns(lane);
    leaves.set(name, known);
  }
  return lane;
}

/** Others that fill the same table. */
function isShared({ context }: Worker): boolean {
  return context.settings.workers > 1 || context.joined === true;
}

async function currentLeafOf(fill: Fill, worker: Worker, extent: Extent): Promise<Leaf | undefined> {
  const known = leafOf(fill.tree, extent);
  if (known !== undefined) return known;
  fill.tree = await readFillTree(worker, fill.step);
  return leafOf(fill.tree, extent);
}

async function isGone(fill: Fill, worker: Worker, extent: Extent): Promise<boolean> {
  return leafOf(await readFillTree(worker, fill.step), extent) === undefined;
}

async function passOver(fill: Fill, worker: Worker, extent: Extent): Promise<void> {
  fill.passed.add(extent.id);
  await releaseExtent(worker, extent).catch((error: unknown) => {
    if (sqlstateOf(error) !== SQLSTATE.claimLost) throw error;
  });
}
