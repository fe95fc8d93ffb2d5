import { expect, test } from "vitest";
import { type Blocker, describeBlocker, readBlockers } from "../../../src/postgres/blockers.ts";
import { openSession } from "../../../src/postgres/session.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { until } from "../../support/until.ts";

const client: Blocker = {
  pid: 4711,
  user: "ann",
  application: "shop",
  state: "idle in transaction",
  kind: "client",
  againstWraparound: false,
  transactionAge: 185_000,
  queryStart: new Date(0),
  query: "UPDATE  t\n SET a = 1",
};

test.each<[Partial<Blocker>, string]>([
  [{}, 'pid 4711 (ann, "shop", idle in transaction for 3 min): UPDATE t SET a = 1'],
  [{ application: "", transactionAge: 12_345 }, "pid 4711 (ann, idle in transaction for 12 s): UPDATE t SET a = 1"],
  [{ transactionAge: 86_400_000, query: null }, 'pid 4711 (ann, "shop", idle in transaction for 24 h)'],
  [{ state: null, transactionAge: null, query: null }, 'pid 4711 (ann, "shop", in a transaction)'],
  [
    { kind: "autovacuum", user: null, application: "", query: "autovacuum: VACUUM t" },
    "pid 4711 (autovacuum for 3 min): autovacuum: VACUUM t",
  ],
  [{ pid: 0, kind: "prepared transaction" }, "a prepared transaction (see pg_prepared_xacts)"],
])("%j is described for people", (change, text) => {
  expect(describeBlocker({ ...client, ...change })).toBe(text);
});

test.each(MAJORS)("on %i who stands in the queue before the waiter is a blocker as well", async (major) => {
  const database = await testDatabase({ major, script: "create table public.t ()" });
  const observer = await openSession({ connectionString: database.url }, { applicationName: "observer" });
  const [holder, queued, waiter] = [await database.connect(), await database.connect(), await database.connect()];
  const pids: number[] = [];
  for (const one of [holder, queued, waiter]) {
    pids.push((await one.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid ?? 0);
  }
  const blockersOf = async (index: number): Promise<number[]> =>
    (await readBlockers(observer, pids[index] ?? 0)).map(({ pid }) => pid);
  await holder.query("begin; lock table public.t in access share mode");
  expect(await blockersOf(0)).toEqual([]);
  const first = queued.query("begin; lock table public.t; rollback");
  await until(async () => (await blockersOf(1)).length === 1);
  const second = waiter.query("lock table public.t in access share mode").catch(() => {});
  const last = waiter.query("select from public.t");
  await until(async () => (await blockersOf(2)).length > 0);
  expect(await blockersOf(1)).toEqual([pids[0]]);
  expect(await blockersOf(2)).toEqual([pids[1]]);
  await holder.query("rollback");
  await Promise.all([first, second, last]);
  await observer.close();
});
