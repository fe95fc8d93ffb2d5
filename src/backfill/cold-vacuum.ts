import { relationKey } from "../model/relation.ts";
import type { Session } from "../postgres/session.ts";
import { sleep } from "../postgres/sleep.ts";
import { SQLSTATE, sqlstateOf } from "../postgres/sqlstate.ts";
import { qualified } from "../sql/identifier.ts";
import type { FillContext } from "./context.ts";
import { withSettings } from "./fill-settings.ts";
import type { Leaf } from "./leaves.ts";
import { waitersOn } from "./throttle/waiting-sessions.ts";
import type { Worker } from "./worker.ts";

/** Blocks: 4 MiB. What a smaller share leaves is not worth a scan of the indexes. */
const LEAST_BLOCKS = 512;
/** Milliseconds; less than deadlock_timeout. */
const LOOK_EVERY_MS = 250;

interface Filled {
  /** Since the last VACUUM. */
  blocks: number;
  allowed: boolean | null;
}

/**
 * Vacuums tables that are filled without HOT, each time a share of them was: the versions that are left behind are used
 * again for those of the next share, so that the table grows by that share, not by its whole size (measured: 1.16 times
 * instead of 2.06, in 1.08 times the time). Where an old snapshot is held, nothing could be used again.
 */
export class ColdVacuum {
  readonly #context: FillContext;
  readonly #tables = new Map<string, Filled>();

  constructor(context: FillContext) {
    this.#context = context;
  }

  /** Counts blocks that were filled without HOT, and vacuums the table if that is due; between two transactions. */
  async filled(worker: Worker, leaf: Leaf, blocks: number): Promise<void> {
    const { vacuum } = this.#context.settings;
    // A worker beside the runner knows its own share alone.
    if (vacuum === "off" || this.#context.joined === true) return;
    const table = this.#table(leaf);
    table.blocks += blocks;
    if (table.blocks < Math.max(LEAST_BLOCKS, vacuum.every * leaf.blocks) || table.allowed === false) return;
    table.blocks = 0;
    table.allowed ??= await mayVacuum(worker, leaf);
    if (!table.allowed) return;
    await worker.pacing.boundary();
    const started = performance.now();
    if (await this.#vacuum(worker, leaf))
      this.#context.emit({ type: "vacuumed", table: leaf.table, ms: performance.now() - started });
  }

  /**
   * False if it was given up: the fill is to stop or to pause, or somebody came to wait for the lock on the table, behind whom everybody
   * would wait.
   */
  async #vacuum(worker: Worker, leaf: Leaf): Promise<boolean> {
    const { session } = worker.context;
    const over = new AbortController();
    const watching = this.#giveWay(session, over.signal);
    try {
      // Passed over while somebody else's VACUUM is at it; the end of the table is not cut off, which takes a strong lock.
      const text = `VACUUM (SKIP_LOCKED, TRUNCATE off) ${qualified(leaf.table)}`;
      await withSettings(session, GENTLY, () => session.query(text));
      return true;
    } catch (error) {
      if (sqlstateOf(error) !== SQLSTATE.queryCanceled) throw error;
      return false;
    } finally {
      over.abort();
      await watching;
    }
  }

  async #giveWay(session: Session, over: AbortSignal): Promise<void> {
    const { observer, signal } = this.#context;
    try {
      for (;;) {
        await sleep(LOOK_EVERY_MS, over);
        const { pause, cancel } = await this.#context.intents();
        if (signal.aborted || pause || cancel || (await waitersOn(observer, [session.pid])) > 0)
          return await session.cancel();
      }
    } catch {
      // It has ended; or a connection is lost, which the next batch will notice.
    }
  }

  #table({ table }: Leaf): Filled {
    const name = relationKey(table);
    const known = this.#tables.get(name) ?? { blocks: 0, allowed: null };
    this.#tables.set(name, known);
    return known;
  }
}

/** As autovacuum does it. */
const GENTLY = { vacuum_cost_delay: "2ms" };

/** False where the server would pass the table over with a warning. */
async function mayVacuum(worker: Worker, { table }: Leaf): Promise<boolean> {
  const [row] = await worker.ask<{ may: boolean }>(MAY, [qualified(table)]);
  return row?.may === true;
}

const MAY = `
SELECT pg_has_role(c.relowner, 'USAGE') OR pg_has_role(d.datdba, 'USAGE')
       OR CASE WHEN current_setting('server_version_num')::int >= 170000 THEN has_table_privilege(c.oid, 'MAINTAIN') ELSE false END AS may
  FROM pg_class c, pg_database d WHERE c.oid = to_regclass($1) AND d.datname = current_database()`;
