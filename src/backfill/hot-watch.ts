import type { RelationName } from "../model/relation.ts";
import type { Session } from "../postgres/session.ts";
import { qualified } from "../sql/identifier.ts";
import type { FillContext } from "./context.ts";

const LOOK_EVERY_MS = 10_000;
const ENOUGH_UPDATES = 10_000;
/** A striped fill reaches 0.4 to 0.97, by the width of the rows (measured). */
const LOW_SHARE = 0.2;

interface Updates {
  readonly all: number;
  readonly hot: number;
}

/**
 * Watches whether the fill's updates are HOT. They can't be while a snapshot older than the fill is held anywhere: it
 * keeps pruning from freeing space. The fill stays correct, but takes longer and doubles the table, so it names the holder.
 */
export class HotWatch {
  readonly #context: FillContext;
  readonly #every: number;
  #looked = performance.now();
  #table: string | null = null;
  #before: Updates | null = null;

  /** @param every milliseconds between two looks */
  constructor(context: FillContext, every = LOOK_EVERY_MS) {
    this.#context = context;
    this.#every = every;
  }

  async look(table: RelationName, sweep: boolean): Promise<void> {
    if (sweep || performance.now() - this.#looked < this.#every) return;
    this.#looked = performance.now();
    const { observer } = this.#context;
    const name = qualified(table);
    const now = await readUpdates(observer, name);
    const before = this.#table === name ? this.#before : null;
    this.#table = name;
    this.#before = now;
    if (now === null || before === null || now.all - before.all < ENOUGH_UPDATES) return;
    const hotShare = (now.hot - before.hot) / (now.all - before.all);
    if (hotShare < LOW_SHARE)
      this.#context.emit({ type: "cold", table, hotShare, holder: await oldestHolder(observer) });
  }
}

async function readUpdates(observer: Session, table: string): Promise<Updates | null> {
  const { rows } = await observer.query<Updates>(
    `SELECT n_tup_upd::float8 AS "all", n_tup_hot_upd::float8 AS hot FROM pg_stat_all_tables WHERE relid = to_regclass($1)`,
    [table],
  );
  return rows[0] ?? null;
}

/** Who holds the oldest snapshot of the cluster, in words; null if no one holds one. */
async function oldestHolder(observer: Session): Promise<string | null> {
  const { rows } = await observer.query<{ holder: string }>(HOLDER);
  return rows[0]?.holder ?? null;
}

const HOLDER = `
SELECT holder
  -- A transaction that has written keeps versions from being pruned in every database of the cluster.
  FROM (SELECT greatest(age(backend_xmin), age(backend_xid)) AS age,
               format('pid %s (%s, %s)', pid, coalesce(nullif(application_name, ''), usename::text, backend_type), state) AS holder
          FROM pg_stat_activity WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND pid <> pg_backend_pid()
        UNION ALL
        SELECT age(transaction), format('prepared transaction %s', quote_literal(gid)) FROM pg_prepared_xacts
        UNION ALL
        SELECT age(xmin), format('replication slot %s', slot_name) FROM pg_replication_slots WHERE xmin IS NOT NULL) AS held
 ORDER BY age DESC LIMIT 1`;
