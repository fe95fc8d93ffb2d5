import { onTestFinished } from "vitest";
import type { BackfillEvent, FillContext } from "../../src/backfill/context.ts";
import type { Work } from "../../src/backfill/batch-sql.ts";
import { JOURNAL_MIGRATIONS } from "../../src/journal/schema.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import type { FillStep } from "../../src/model/step.ts";
import { openSession } from "../../src/postgres/session.ts";
import { testDatabase, type TestDatabase, type TestDatabaseOptions } from "../support/postgres.ts";

/** A database with the journal and one rollout, number 1, in epoch 1. */
export async function fillDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const database = await testDatabase(options);
  await createJournal(database);
  return database;
}

export type Queryable = Pick<TestDatabase, "url" | "query">;

export async function createJournal(database: Queryable): Promise<void> {
  await database.query(`CREATE SCHEMA segue; ${JOURNAL_MIGRATIONS.join("\n")}`);
  await database.query(
    `INSERT INTO segue.rollout (plan, plan_hash, plan_content, program, touches, state, epoch, actor, tool_version)
     VALUES ('p', '', '{}', '{}', '[]', 'backfilling', 1, 'test', '0')`,
  );
}

export interface TestContext extends FillContext {
  readonly events: BackfillEvent[];
  /** Stops the fill at its next batch boundary. */
  abort(): void;
}

/** The context of one runner, with sessions of its own that end with the test. */
export async function fillContext(database: Queryable, changes: Partial<FillContext> = {}): Promise<TestContext> {
  const open = async (name: string, settings: Record<string, string> = {}) => {
    const session = await openSession({ connectionString: database.url }, { applicationName: name, settings });
    onTestFinished(() => session.close());
    return session;
  };
  const controller = new AbortController();
  const events: BackfillEvent[] = [];
  return {
    session: await open("segue/1/1"),
    connect: (part) => open(`segue/1/1/${part}`),
    observer: await open("segue/1/1/observer"),
    plan: "1_a",
    rollout: "1",
    epoch: 1,
    settings: DEFAULT_SETTINGS.backfill,
    signal: controller.signal,
    intents: async () => ({ pause: false, cancel: false }),
    onAsked: () => () => {},
    openProbe: () => open("segue/1/1/probe", { default_transaction_read_only: "on", search_path: "public" }),
    ...changes,
    events,
    abort: () => controller.abort(),
    emit: (event) => {
      events.push(event);
      changes.emit?.(event);
    },
  };
}

/** The fill of `cents` from `amount`, as a plan would have it. */
export function centsOf(name: string, changes: Partial<FillStep> = {}): FillStep {
  return {
    id: "backfill.1.fill",
    kind: "fill",
    title: `fill public.${name}`,
    table: { schema: "public", name },
    set: [{ column: "cents", value: "(segue_row.amount::numeric * 100)::bigint" }],
    where: "segue_row.cents IS NULL AND segue_row.amount IS NOT NULL",
    userTriggers: "fire",
    undo: [],
    ...changes,
  };
}

/** About 55 rows a page, as in the measurements; the amounts are text. */
const PAYMENTS = `
CREATE TABLE payments (id bigint PRIMARY KEY, customer int NOT NULL, created_at timestamptz NOT NULL, amount text, note text NOT NULL, cents bigint);
CREATE INDEX payments_customer ON payments (customer);
CREATE FUNCTION sync_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.cents IS NOT NULL THEN NEW.amount := (NEW.cents / 100.0)::numeric(20,2)::text;
    ELSE NEW.cents := (NEW.amount::numeric * 100)::bigint; END IF;
  ELSIF NEW.cents IS DISTINCT FROM OLD.cents THEN NEW.amount := (NEW.cents / 100.0)::numeric(20,2)::text;
  ELSIF NEW.amount IS DISTINCT FROM OLD.amount OR NEW.cents IS NULL THEN NEW.cents := (NEW.amount::numeric * 100)::bigint;
  END IF;
  RETURN NEW;
END $$;
`;

/** The sync goes live after the old rows are there. Its condition is that of triggers which an earlier version of Segue made. */
const SYNC = `
CREATE TRIGGER zzz_sync BEFORE INSERT OR UPDATE ON payments FOR EACH ROW
  WHEN (coalesce(current_setting('segue.fill', true), '') <> 'on') EXECUTE FUNCTION sync_payments();
`;

/** A database with `payments` of so many rows, none filled, and the sync live. */
export async function paymentsDatabase(rows: number, options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const database = await fillDatabase(options);
  await createPayments(database, rows);
  return database;
}

export async function createPayments(database: Queryable, rows: number): Promise<void> {
  await database.query(PAYMENTS);
  await database.query(
    `INSERT INTO payments
     SELECT g, (g * 7919::bigint) % 10000, now(), ((g % 100000) / 100.0)::numeric(20,2)::text, repeat('x', 80), NULL
       FROM generate_series(1, ${rows}) AS g`,
  );
  await database.query("VACUUM ANALYZE payments");
  await database.query(SYNC);
}

/** Rows that the sync's rules do not allow. */
export const WRONG = "cents IS DISTINCT FROM (amount::numeric * 100)::bigint";

/** What batches over the rows of a table are made of, outside of any rollout. */
export const workOn = (name: string, step: Work["step"], aside: readonly string[] = []): Work => ({
  rollout: "1",
  epoch: 1,
  extent: "1",
  owner: null,
  table: { schema: "public", name },
  keyColumns: ["id"],
  aside,
  step,
});

/** Small batches, so that much happens between them. */
export const slowly: FillContext["settings"] = { ...DEFAULT_SETTINGS.backfill, batch_time: 5, batch_time_busy: 5 };

/** The fill of `cents`, with rows that take 0.3 s each: while they are filled, the intents are asked for again. */
export function dawdling(name: string, ids: readonly number[]): FillStep {
  const pause = `CASE WHEN segue_row.id IN (${ids.join(", ")}) THEN length(pg_sleep(0.3)::text) ELSE 0 END`;
  return centsOf(name, { set: [{ column: "cents", value: `(segue_row.amount::numeric * 100)::bigint + ${pause}` }] });
}

/** Intents of nobody; at the second time they are asked for, something happens. */
export function once(event: () => Promise<unknown>): FillContext["intents"] {
  let asked = 0;
  return async () => {
    asked += 1;
    if (asked === 2) await event();
    return { pause: false, cancel: false };
  };
}

export async function sessionSettings(session: FillContext["session"]): Promise<unknown[]> {
  const { rows } = await session.query(
    `SELECT name, coalesce(current_setting(name, true), '') AS value
       FROM unnest(ARRAY['search_path', 'lock_timeout', 'statement_timeout', 'session_replication_role',
                         'max_parallel_workers_per_gather', 'default_transaction_read_only', 'synchronous_commit', 'segue.fill', 'segue.filling']) AS name`,
  );
  return rows;
}

/** What the server has counted of updates; a session reports when it ends, or a second later. */
export async function hotShare(database: Queryable, table: string): Promise<{ updates: number; share: number }> {
  const [row] = await database.query<{ updates: number; hot: number }>(
    "SELECT n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot FROM pg_stat_user_tables WHERE relname = $1",
    [table],
  );
  const { updates, hot } = row ?? { updates: 0, hot: 0 };
  return { updates, share: updates === 0 ? 0 : hot / updates };
}
