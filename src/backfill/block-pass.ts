import { blockBatch, type BlockRange, type Position } from "./batch-sql.ts";
import { inRange } from "./stripe-sql.ts";
import type { ColdCause } from "./cold-cause.ts";
import { advance, isSweep, type Lane, type PassResult, reportLocked, shareOf, workOf } from "./lane.ts";
import { fillPage } from "./page.ts";
import { revisit } from "./revisit.ts";
import { collapsed, halved, narrowed, nextWindow, PROBES } from "./window.ts";
import { dealWindow, PLAIN, type Window } from "./window-stripes.ts";

/** One statement takes about as long as these many do over a window in stripes: most of their updates are HOT. */
const STATEMENTS = 64;

/**
 * One pass over an extent of a heap, from where the extent's cursor stands: windows of blocks, each filled in stripes that
 * commit apart. A window shrinks around a row that fails until its page is found.
 */
export async function blockPass(lane: Lane): Promise<PassResult> {
  const { worker, extent, leaf, hotWatch } = lane;
  const sweep = isSweep(lane);
  const passedOver: string[] = [];
  let { block, window, stripe } = extent;
  const begins = !sweep && block === extent.firstBlock && stripe === 0;
  if (begins) window = lane.pace.window ?? window;
  /** Windows still to be filled in one statement each. */
  let probes = begins && lane.pace.window === null ? PROBES : 0;
  /** So is the one at hand: a window that was begun in stripes ends in them. */
  let plain = sweep || probes > 0;
  let dealt: Window | null = null;
  let times: number[] = [];
  let filled = 0;
  /** The least target since the window was begun. */
  let aim = worker.pacing.target();
  let rows = 0;
  // Once a row of a window was found locked, the window's other stripes do not wait for any.
  let skipLocked = false;
  let lockedInARow = 0;

  /** Whether the window at hand is filled in one statement: one that was begun so ends so, the other may become it. */
  const choose = async (): Promise<void> => {
    if (stripe === 0 || !plain) await hotWatch.look(leaf.table);
    const now = probes > 0 || hotWatch.causeOf(leaf.table) !== null;
    if (stripe > 0 && !now) return;
    if (now !== plain) window = Math.max(1, Math.floor(now ? window / STATEMENTS : window * STATEMENTS));
    if (now && !plain) [stripe, times, filled] = [0, [], 0];
    plain = now;
    if (!plain) window = Math.min(window, lane.deal.mostBlocks);
  };
  const begin = async (): Promise<Window> => {
    if (!sweep) await choose();
    const to = Math.min(block + window, extent.endBlock);
    if (dealt?.from !== block || dealt.to !== to || stripe === 0)
      dealt = dealWindow({ from: block, to }, plain ? PLAIN : lane.deal);
    return dealt;
  };
  const after = ({ to, steps }: Window): Position =>
    stripe + 1 < steps.length ? { block, stripe: stripe + 1, window } : { block: to, stripe: 0, window };
  const move = (to: Position): void => {
    if (to.block !== block) {
      window = nextWindow(window, times, worker.pacing.target(), filled);
      [times, filled] = [[], 0];
      skipLocked = false;
      probes = Math.max(0, probes - 1);
      aim = worker.pacing.target();
    }
    ({ block, stripe } = to);
  };

  while (block < extent.endBlock) {
    const at = await begin();
    const next = after(at);
    const step = at.steps[stripe];
    if (step === undefined || step.from >= step.to) {
      // Undefined: a window is dealt otherwise than before it was interrupted. What it has not come to, the sweep finds.
      move(next);
      continue;
    }
    const range: BlockRange = { ...step, by: sweep ? "where" : lane.deal.by };
    const result = await worker.attempt(blockBatch(workOf(lane), range, next, skipLocked));
    switch (result.outcome) {
      case "done": {
        lockedInARow = 0;
        rows += Number(result.row.rows);
        filled += Number(result.row.rows);
        if (skipLocked && sweep) passedOver.push(inRange(range));
        times.push(result.elapsed);
        const done = stripe + 1;
        const goesOn = next.block === block;
        move(next);
        // The window's remaining stripes run over a part of it; what follows is a window of its own.
        const target = worker.pacing.target();
        if (goesOn) window = narrowed(window, result.elapsed, target, aim);
        aim = Math.min(aim, target);
        advance(lane, shareOf(extent, at.from + ((at.to - at.from) * done) / at.steps.length), result.row);
        if (!plain) {
          hotWatch.count(leaf.table, { rows: Number(result.row.rows) * step.staying, hot: Number(result.row.hot) });
        } else if (!sweep && vacuumHelps(hotWatch.causeOf(leaf.table)))
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
  // What a sweep takes says nothing of what filling does.
  if (!sweep) lane.pace.window = plain ? window * STATEMENTS : window;
  if (passedOver.length > 0) rows += await revisit(lane, passedOver);
  return { result: "complete", rows, untouched: rows === 0 && passedOver.length === 0 };
}

/** False while an old snapshot keeps all versions: VACUUM would find none to remove. */
function vacuumHelps(cause: ColdCause | null): boolean {
  return cause !== null && cause.kind !== "snapshot";
}
