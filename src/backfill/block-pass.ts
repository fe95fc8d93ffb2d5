import { blockBatch, type BlockRange, inRange, type Position } from "./batch-sql.ts";
import type { ColdCause } from "./cold-cause.ts";
import { advance, isSweep, type Lane, type PassResult, reportLocked, shareOf, workOf } from "./lane.ts";
import { fillPage } from "./page.ts";
import { SWEEP } from "./stripes.ts";
import { revisit } from "./revisit.ts";
import { collapsed, collapses, halved, nextWindow } from "./window.ts";

/**
 * One pass over an extent of a heap, from where the extent's cursor stands: windows of blocks, each filled in
 * `stripes` statements that commit apart. A window shrinks around a row that fails until its page is found.
 */
export async function blockPass(lane: Lane): Promise<PassResult> {
  const { worker, extent, leaf, hotWatch } = lane;
  const striped = extent.stripes ?? SWEEP;
  const sweep = isSweep(lane);
  /** Of the window at hand: a window that was begun in stripes ends in them. */
  let stripes = striped;
  const passedOver: string[] = [];
  let { block, window, stripe } = extent;
  if (block === extent.firstBlock && stripe === 0) window = Math.max(window, lane.pace.window);
  let times: number[] = [];
  let rows = 0;
  // Once a row of a window was found locked, the window's other stripes do not wait for any.
  let skipLocked = false;
  let lockedInARow = 0;

  const begin = async (): Promise<void> => {
    if (sweep || stripe > 0) return;
    await hotWatch.look(leaf.table);
    const now = hotWatch.causeOf(leaf.table) === null ? striped : SWEEP;
    // One statement does what all stripes of a window did.
    window = Math.max(1, Math.floor((window * now) / stripes));
    stripes = now;
  };
  const nextStripe = (window_: number): Position =>
    stripe + 1 < stripes
      ? { block, stripe: stripe + 1, window: window_ }
      : { block: Math.min(block + window_, extent.endBlock), stripe: 0, window: window_ };
  const move = (to: Position): void => {
    if (to.block !== block) {
      window = nextWindow(window, times, worker.pacing.target());
      times = [];
      skipLocked = false;
    }
    ({ block, stripe } = to);
  };

  while (block < extent.endBlock) {
    await begin();
    const range: BlockRange = { from: block, to: Math.min(block + window, extent.endBlock), stripe, stripes };
    const next = nextStripe(window);
    const result = await worker.attempt(blockBatch(workOf(lane), range, next, skipLocked));
    switch (result.outcome) {
      case "done": {
        lockedInARow = 0;
        const filled = Number(result.row.rows);
        rows += filled;
        if (skipLocked && sweep) passedOver.push(inRange(range));
        times.push(result.elapsed);
        const shrinks = collapses(result.elapsed, worker.pacing.target()) && next.block === block;
        move(next);
        // The window's remaining stripes run over a part of it; what follows is a window of its own.
        if (shrinks) window = collapsed(window);
        advance(lane, shareOf(extent, block + ((range.to - range.from) * stripe) / stripes), result.row);
        if (stripes > SWEEP) hotWatch.count(leaf.table, result.row);
        else if (!sweep && vacuumHelps(hotWatch.causeOf(leaf.table)))
          await lane.coldVacuum.filled(worker, leaf, range.to - range.from);
        if (Number(result.row.relfilenode) !== extent.relfilenode) return { result: "rewritten" };
        break;
      }
      case "locked":
        if (skipLocked) {
          // Not a row of ours: the table, or what a trigger or a foreign key locks. Nothing can be passed over.
          window = halved(window);
          await worker.giveWay(lockedInARow);
          lockedInARow += 1;
          if (lockedInARow > 2) reportLocked(lane);
        }
        skipLocked = true;
        break;
      case "slow":
      case "bad":
        if (range.to - range.from > 1) {
          window = result.outcome === "slow" ? collapsed(range.to - range.from) : halved(range.to - range.from);
          times = [];
          break;
        }
        {
          const page = await fillPage(lane, range);
          if (page.result === "rewritten") return page;
          rows += page.rows;
          if (page.passedOver && sweep) passedOver.push(inRange(range));
          move(next);
        }
        break;
      default:
        result satisfies never;
    }
  }
  lane.pace.window = Math.ceil((window * striped) / stripes);
  if (passedOver.length > 0) rows += await revisit(lane, passedOver);
  return { result: "complete", rows, untouched: rows === 0 && passedOver.length === 0 };
}

/** False while an old snapshot keeps all versions: VACUUM would find none to remove. */
function vacuumHelps(cause: ColdCause | null): boolean {
  return cause !== null && cause.kind !== "snapshot";
}
