import { beforeEach, describe, expect, test } from "vitest";
import type { Blocker } from "../../../src/postgres/blockers.ts";
import { type LockWait, onlyAutovacuum, withShortLocks } from "../../../src/postgres/lock-waits.ts";
import { openSession, type Session } from "../../../src/postgres/session.ts";
import { SQLSTATE } from "../../../src/postgres/sqlstate.ts";
import { MAJORS, type TestDatabase, testDatabase } from "../../support/postgres.ts";
import { startTestServer } from "../../support/servers.ts";
import { until } from "../../support/until.ts";

let database: TestDatabase;
let session: Session;
let observer: Session;

async function openBoth(url: string): Promise<void> {
  session = await openSession({ connectionString: url }, { applicationName: "segue/1/1" });
  observer = await openSession({ connectionString: url }, { applicationName: "segue/1/1/observer" });
}

const alter = (s: Session) => s.query("ALTER TABLE public.t ADD COLUMN b int");
const hasColumn = async (): Promise<boolean> =>
  (await database.query("select from pg_attribute where attrelid = 'public.t'::regclass and attname = 'b'")).length ===
  1;

describe("with clients in the way", () => {
  beforeEach(async () => {
    database = await testDatabase({ script: "create table public.t (a int)" });
    await openBoth(database.url);
    return () => Promise.all([session.close(), observer.close()]);
  });

  test("without a wait it is one transaction, which sets the timeout for itself alone", async () => {
    const waits: LockWait[] = [];
    const inside = await withShortLocks(
      session,
      observer,
      async (s) => {
        await alter(s);
        return (await s.query("SELECT current_setting('lock_timeout') AS value")).rows;
      },
      { lockTimeout: 500, budget: 10_000, onWait: (wait) => waits.push(wait) },
    );
    expect(inside).toEqual([{ value: "500ms" }]);
    expect((await session.query("SELECT current_setting('lock_timeout') AS value")).rows).toEqual([{ value: "10s" }]);
    expect(waits).toEqual([]);
    expect(await hasColumn()).toBe(true);
  });

  test("a used-up budget names the blocker, and leaves nothing", async () => {
    const holder = await database.connect({ application_name: "shop" });
    await holder.query("begin");
    await holder.query("select 'looking', * from public.t");
    const waits: LockWait[] = [];
    const failing = withShortLocks(session, observer, alter, {
      lockTimeout: 100,
      budget: 1_000,
      object: "public.t",
      plan: "1_a",
      onWait: (wait) => waits.push(wait),
    });
    const error: unknown = await failing.catch((caught: unknown) => caught);
    const pid = (await holder.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid;
    expect(error).toMatchObject({
      code: "SEG0402",
      object: "public.t",
      left: "Nothing of this step: each attempt was rolled back.",
      detail: {
        blockers: [
          {
            pid,
            application: "shop",
            kind: "client",
            state: "idle in transaction",
            againstWraparound: false,
            query: "select 'looking', * from public.t",
          },
        ],
      },
      cause: { code: SQLSTATE.lockNotAvailable },
    });
    const { message, next } = error as Error & { next: string };
    expect(message).toMatch(/^public\.t: the lock was not granted within 1 s, in \d+ attempts, held by pid/);
    expect(message).toContain(`"shop", idle in transaction for`);
    expect(message).toContain("select 'looking', * from public.t");
    expect(next).toBe(
      `wait for the transaction in the way to end (or end it: SELECT pg_terminate_backend(${pid});), then segue resume 1_a`,
    );
    expect(waits.length).toBeGreaterThan(0);
    expect(waits[0]).toMatchObject({ attempt: 1, lockTimeout: 100, blockers: [{ pid }] });
    await holder.query("rollback");
    expect(await hasColumn()).toBe(false);
  });

  test("succeeds once the blocker lets go", async () => {
    const holder = await database.connect();
    await holder.query("begin; lock table public.t in access share mode");
    let told = false;
    const altering = withShortLocks(session, observer, alter, {
      lockTimeout: 100,
      budget: 60_000,
      onWait: () => (told = true),
    });
    await until(async () => told);
    await holder.query("commit");
    await altering;
    expect(await hasColumn()).toBe(true);
  });

  test("queries that queue behind an attempt get through when it ends", async () => {
    const lockTimeout = 200;
    const holder = await database.connect();
    await holder.query("begin; lock table public.t in access share mode");
    let attempts = 0;
    const altering = withShortLocks(session, observer, alter, {
      lockTimeout,
      budget: 60_000,
      onWait: ({ attempt }) => (attempts = attempt),
    });
    let worst = 0;
    let queued = 0;
    const client = await database.connect();
    await until(async () => {
      const started = performance.now();
      await client.query("select from public.t");
      const delay = performance.now() - started;
      worst = Math.max(worst, delay);
      if (delay > lockTimeout / 4) queued += 1;
      return attempts >= 4 && queued >= 2;
    }, 60_000);
    // The slack is for a machine that is busy with other tests; the holder never let go.
    expect(worst).toBeLessThan(lockTimeout + 1_000);
    await holder.query("commit");
    await altering;
  });

  test("a deadlock is tried again", async () => {
    await database.query("create table public.u (a int)");
    const other = await database.connect();
    await other.query("begin; lock table public.u; set local deadlock_timeout = '1min'");
    const attempts: number[] = [];
    let crossed: Promise<unknown> = Promise.resolve();
    await withShortLocks(
      session,
      observer,
      async (s) => {
        attempts.push(1);
        await s.query("LOCK TABLE public.t");
        if (attempts.length === 1) {
          crossed = other.query("lock table public.t").then(() => other.query("commit"));
          await s.query("SET LOCAL lock_timeout = '1min'");
          await s.query("SET LOCAL deadlock_timeout = '50ms'");
        }
        await s.query("LOCK TABLE public.u");
      },
      { lockTimeout: 5_000, budget: 60_000 },
    );
    await crossed;
    expect(attempts).toHaveLength(2);
  });

  test("what work throws comes out as it is, at once", async () => {
    const failing = withShortLocks(session, observer, (s) => s.query("SELECT 1/0"), {
      lockTimeout: 100,
      budget: 60_000,
    });
    await expect(failing).rejects.toMatchObject({ code: "22012" });
  });

  test("an aborted signal ends it between two attempts", async () => {
    const holder = await database.connect();
    await holder.query("begin; lock table public.t in access share mode");
    const controller = new AbortController();
    const reason = new Error("enough");
    const failing = withShortLocks(session, observer, alter, {
      lockTimeout: 50,
      budget: 60_000,
      signal: controller.signal,
      onWait: () => controller.abort(reason),
    });
    await expect(failing).rejects.toBe(reason);
    await holder.query("commit");
  });

  test("losing the observer costs the blockers' names and nothing else", async () => {
    const holder = await database.connect();
    await holder.query("begin; lock table public.t in access share mode");
    await observer.close();
    const failing = withShortLocks(session, observer, alter, { lockTimeout: 50, budget: 200 });
    await expect(failing).rejects.toMatchObject({ code: "SEG0402", detail: { blockers: [] } });
    await holder.query("commit");
  });

  test("a role without pg_read_all_stats still learns who is in the way", async () => {
    const role = `${database.name}_plain`;
    await database.query(`create role ${role}`);
    await database.query(`alter table public.t owner to ${role}`);
    const holder = await database.connect({ application_name: "shop" });
    await holder.query("begin; lock table public.t in access share mode");
    for (const one of [session, observer]) await one.query(`SET ROLE ${role}`);
    const failing = withShortLocks(session, observer, alter, { lockTimeout: 100, budget: 200 });
    await expect(failing).rejects.toMatchObject({
      detail: { blockers: [{ application: "shop", kind: "client", state: null, query: null }] },
    });
    await holder.query("rollback");
    for (const one of [session, observer]) await one.query("RESET ROLE");
    await database.query(`drop owned by ${role}; drop role ${role}`);
  });

  test("a prepared transaction is told as such", async () => {
    await database.query(`begin; lock table public.t in access share mode; prepare transaction '${database.name}'`);
    const failing = withShortLocks(session, observer, alter, { lockTimeout: 100, budget: 200 });
    await expect(failing).rejects.toMatchObject({
      message: expect.stringContaining("held by a prepared transaction (see pg_prepared_xacts)"),
      detail: { blockers: [{ pid: 0, kind: "prepared transaction" }] },
    });
    await database.query(`rollback prepared '${database.name}'`);
  });
});

const autovacuum: Blocker = {
  pid: 1,
  user: null,
  application: "",
  state: "active",
  kind: "autovacuum",
  againstWraparound: false,
  transactionAge: 1,
  queryStart: null,
  query: "autovacuum: VACUUM public.t",
};

test("only an autovacuum that gives way, and nothing else in the way, is worth waiting longer for", () => {
  expect(onlyAutovacuum([])).toBe(false);
  expect(onlyAutovacuum([autovacuum])).toBe(true);
  expect(onlyAutovacuum([{ ...autovacuum, againstWraparound: true }])).toBe(false);
  expect(onlyAutovacuum([autovacuum, { ...autovacuum, pid: 2, kind: "client" }])).toBe(false);
});

test.each(MAJORS)(
  "on %i an autovacuum is sent off by waiting beyond deadlock_timeout once, by any role",
  async (major) => {
    const settings = { autovacuum: "on", autovacuum_naptime: "1s", deadlock_timeout: "600ms" };
    const server = await startTestServer({ major, settings });
    try {
      await openBoth(server.url);
      await session.script(`CREATE ROLE plain; GRANT CREATE ON SCHEMA public TO plain`);
      for (const role of ["postgres", "plain"]) {
        // A vacuum that would take minutes.
        await session.script(`
        DROP TABLE IF EXISTS public.t;
        CREATE TABLE public.t (a int) WITH (
          autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
          autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
        ALTER TABLE public.t OWNER TO ${role};
        INSERT INTO public.t SELECT generate_series(1, 100000);
        DELETE FROM public.t`);
        await until(async () => {
          // Asked by the session itself: 14 sends what it counted only with a later statement.
          const { rows } = await session.query(
            "SELECT FROM pg_stat_progress_vacuum WHERE relid = 'public.t'::regclass",
          );
          return rows.length === 1;
        }, 60_000);
        for (const one of [session, observer]) await one.query(`SET ROLE ${role}`);
        const waits: LockWait[] = [];
        const onWait = (wait: LockWait) => waits.push(wait);
        await withShortLocks(session, observer, alter, { lockTimeout: 200, budget: 30_000, onWait });
        expect(waits[0]).toMatchObject({ attempt: 1, lockTimeout: 200, blockers: [{ kind: "autovacuum" }] });
        expect(waits.at(-1)).toMatchObject({ attempt: 2, lockTimeout: 1_100, blockers: [{ kind: "autovacuum" }] });
        for (const one of [session, observer]) await one.query("RESET ROLE");
      }
    } finally {
      await Promise.all([session.close(), observer.close()]);
      await server.stop();
    }
  },
);
