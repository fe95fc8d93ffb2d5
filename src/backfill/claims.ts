import { literal } from "../sql/literal.ts";
import { fenced, held, type Sender } from "./fence.ts";
import { EXTENT_COLUMNS, type Extent, type ExtentRow, toExtent } from "./extents.ts";
import type { Worker } from "./worker.ts";

/** Milliseconds for which a claim is good after its last sign of life: a batch, or the heartbeat. */
const CLAIM_MS = 15_000;

/**
 * Claims the next extent of the worker's step that is nobody's, or whose holder is dead: its session is gone, its epoch
 * has ended, or it was silent for too long. Ends the one before it in the same transaction. An extent in which a batch is
 * running is passed over: its row is locked.
 *
 * @param finished the extent that this worker has swept, and nothing was left in it
 * @param passed ids of extents that are not wanted
 * @returns null if there is none to be had: all are done, or others are at them
 */
export async function claimNext(
  worker: Worker,
  finished: Extent | null,
  passed: readonly string[],
): Promise<Extent | null> {
  const { context, owner, step } = worker;
  const claim = claimQuery(context, step.id, owner, passed);
  const text =
    finished === null ? fenced(context, claim) : held(context, { extent: finished.id, owner }, finish(finished), claim);
  const results = await worker.commit(text);
  const [row] = (results.at(-1)?.rows ?? []) as unknown as ExtentRow[];
  return row === undefined ? null : toExtent(row);
}

/** The statement of a claim. */
export function claimQuery(
  { rollout, epoch }: Sender,
  step: string,
  owner: string,
  passed: readonly string[] = [],
): string {
  const dead =
    `c.owner IS NULL OR c.epoch IS DISTINCT FROM ${epoch} OR c.updated_at < clock_timestamp() - interval '${CLAIM_MS} ms' ` +
    `OR NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = c.owner_pid)`;
  const others = passed.length === 0 ? "" : `AND c.id <> ALL ('{${passed.join(",")}}'::bigint[]) `;
  return (
    `UPDATE segue.extent AS e SET owner = ${literal(owner)}, owner_pid = pg_backend_pid(), epoch = ${epoch}, state = 'running', ` +
    `started_at = coalesce(e.started_at, clock_timestamp()), updated_at = clock_timestamp() ` +
    `WHERE e.id = (SELECT c.id FROM segue.extent AS c WHERE c.rollout = ${rollout} AND c.step = ${literal(step)} AND c.state <> 'done' ` +
    `${others}AND (${dead}) ORDER BY c.id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING ${EXTENT_COLUMNS}`
  );
}

/** Gives an extent back, for whoever comes next to go on with. */
export async function releaseExtent(worker: Worker, extent: Extent): Promise<void> {
  const { context, owner } = worker;
  const release = `UPDATE segue.extent SET owner = NULL WHERE id = ${extent.id}`;
  await context.session.script(held(context, { extent: extent.id, owner }, release));
}

function finish(extent: Extent): string {
  return `UPDATE segue.extent SET state = 'done', swept = true, owner = NULL, updated_at = clock_timestamp() WHERE id = ${extent.id}`;
}
