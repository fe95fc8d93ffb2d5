import type pg from "pg";
import { beforeEach, expect, test } from "vitest";
import { type Orphan, settleOrphans } from "../../../src/postgres/orphans.ts";
import { openSession, type Session } from "../../../src/postgres/session.ts";
import { type TestDatabase, testDatabase } from "../../support/postgres.ts";
import { until } from "../../support/until.ts";

let database: TestDatabase;
let session: Session;

beforeEach(async () => {
  database = await testDatabase({ script: "create table public.t (a int)" });
  session = await openSession({ connectionString: database.url }, { applicationName: "segue/1/5" });
  return () => session.close();
});

async function alive(applications: readonly string[]): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `select application_name as name from pg_stat_activity
     where application_name = any ($1) and datname = current_database() order by application_name collate "C"`,
    [applications],
  );
  return rows.map(({ name }) => name);
}

async function pidOf(client: pg.Client): Promise<number> {
  return (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid ?? 0;
}

async function waitsForLock(pid: number): Promise<boolean> {
  const rows = await database.query("select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'", [pid]);
  return rows.length === 1;
}

/** A concurrent build of an earlier epoch, which waits for an open transaction of the application. */
async function orphanedBuild(): Promise<{ pid: number; holder: pg.Client; built: Promise<boolean> }> {
  const holder = await database.connect();
  await holder.query("begin; insert into public.t values (1)");
  const builder = await database.connect({ application_name: "segue/1/4" });
  const pid = await pidOf(builder);
  const build = builder.query("create index concurrently t_a on public.t (a)");
  const built = build.then(
    () => true,
    () => false,
  );
  await until(() => waitsForLock(pid));
  return { pid, holder, built };
}

test("with nothing left behind there is nothing to do", async () => {
  expect(await settleOrphans(session, "1", 5, { patience: 0 })).toEqual([]);
});

test("idle sessions and transactions of earlier epochs end at once; whatever else runs is left alone", async () => {
  const names = [
    "segue/1/4",
    "segue/1/3/heartbeat",
    "segue/1/5/observer",
    "segue/11/1",
    "segue/1/40",
    "shop",
    "segue/1/x",
  ];
  const clients = new Map(
    await Promise.all(names.map(async (name) => [name, await database.connect({ application_name: name })] as const)),
  );
  await clients.get("segue/1/4")?.query("begin; lock table public.t");
  const running = clients
    .get("segue/1/3/heartbeat")
    ?.query("select pg_sleep(3600)")
    .catch(() => {});
  const settled = await settleOrphans(session, "1", 5, { patience: 60_000 });
  await running;
  expect(settled.map(({ application, epoch, deed }) => `${application} ${epoch} ${deed}`).toSorted()).toEqual([
    "segue/1/3/heartbeat 3 terminated",
    "segue/1/4 4 terminated",
  ]);
  expect(await alive(names)).toEqual(["segue/1/40", "segue/1/5/observer", "segue/1/x", "segue/11/1", "shop"]);
  await session
    .query("LOCK TABLE public.t")
    .catch((error: Error) => expect(error.message).toContain("transaction block"));
  await session.transaction((s) => s.query("LOCK TABLE public.t NOWAIT"));
});

test("a concurrent index build is awaited, so that its work is not lost", async () => {
  const { pid, holder, built } = await orphanedBuild();
  const waited: Orphan[] = [];
  const settling = settleOrphans(session, "1", 5, {
    patience: 60_000,
    onWait: (orphan) => {
      waited.push(orphan);
      void holder.query("commit");
    },
  });
  const settled = await settling;
  expect(waited.map((orphan) => orphan.pid)).toEqual([pid]);
  expect(settled).toMatchObject([
    { pid, epoch: 4, deed: "finished", query: "create index concurrently t_a on public.t (a)" },
  ]);
  expect(await built).toBe(true);
  expect(await database.query("select indisvalid from pg_index where indexrelid = 'public.t_a'::regclass")).toEqual([
    { indisvalid: true },
  ]);
  expect(await alive(["segue/1/4"])).toEqual([]);
});

test("beyond the patience it is cancelled", async () => {
  const { pid, holder, built } = await orphanedBuild();
  const settled = await settleOrphans(session, "1", 5, { patience: 100 });
  expect(settled).toMatchObject([{ pid, deed: "cancelled" }]);
  expect(await built).toBe(false);
  await holder.query("rollback");
});

test("another role's session is not waited for in vain", async () => {
  const role = `${database.name}_plain`;
  await database.query(`create role ${role}`);
  const orphan = await database.connect({ application_name: "segue/1/4" });
  await session.query(`SET ROLE ${role}`);
  const settling = settleOrphans(session, "1", 5, { patience: 0 });
  await expect(settling).rejects.toMatchObject({ code: "SEG0207", message: expect.stringContaining("segue/1/4") });
  await session.query("RESET ROLE");
  await orphan.end();
  await database.query(`drop role ${role}`);
});

test("an aborted signal ends the wait", async () => {
  const { holder, built } = await orphanedBuild();
  const controller = new AbortController();
  const reason = new Error("enough");
  const settling = settleOrphans(session, "1", 5, {
    patience: 3_600_000,
    signal: controller.signal,
    onWait: () => controller.abort(reason),
  });
  await expect(settling).rejects.toBe(reason);
  await holder.query("rollback");
  expect(await built).toBe(true);
});
