import { beforeEach, expect, test } from "vitest";
import { type ReplicaLag, replicaLag } from "../../../src/postgres/replicas.ts";
import { openSession, type Session } from "../../../src/postgres/session.ts";
import { type TestDatabase, testDatabase } from "../../support/postgres.ts";
import { until } from "../../support/until.ts";

/** A subscriber stands for a standby: the server's walsender reports both alike. */
let publisher: TestDatabase;
let subscriber: TestDatabase;
let session: Session;
let name: string;

beforeEach(async () => {
  publisher = await testDatabase({
    script: "create table public.t (a int primary key); create publication p for table public.t",
  });
  subscriber = await testDatabase({ script: "create table public.t (a int primary key)" });
  name = `${publisher.name}_sub`;
  session = await openSession({ connectionString: publisher.url }, { applicationName: "segue" });
  await publisher.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [name]);
  const { hostname, port, username, password } = new URL(publisher.url);
  await subscriber.query(`create subscription ${name}
    connection 'host=${hostname} port=${port} user=${username} password=${password} dbname=${publisher.name}'
    publication p with (create_slot = false, slot_name = ${name}, copy_data = false)`);
  return async () => {
    await session.close();
    await subscriber.query(`alter subscription ${name} disable`);
    await subscriber.query(`alter subscription ${name} set (slot_name = none)`);
    await subscriber.query(`drop subscription ${name}`);
    await until(
      async () =>
        (await publisher.query("select from pg_replication_slots where slot_name = $1 and active", [name])).length ===
        0,
    );
    await publisher.query("select pg_drop_replication_slot($1)", [name]);
  };
});

/** pg_stat_replication shows the replicas of the whole server. */
async function lag(): Promise<ReplicaLag | undefined> {
  return (await replicaLag(session)).find((replica) => replica.name.split("@")[0] === name);
}

test("a replica that replays is near, and one that does not falls behind", async () => {
  await until(async () => (await lag())?.lagBytes != null);
  const blocker = await subscriber.connect();
  await blocker.query("begin; lock table public.t");
  await publisher.query("insert into public.t select generate_series(1, 1000)");
  await until(async () => ((await lag())?.lagBytes ?? 0) > 50_000);
  await blocker.query("commit");
  await until(async () => {
    // What other tests write moves the goal; something has to be replayed for its lag to be reported.
    await publisher.query("insert into public.t select max(a) + 1 from public.t");
    const now = await lag();
    return now?.lagMs != null && now.lagMs < 10_000 && now.lagBytes !== null;
  });
});

test("without the privilege the replica is there, and its lag is not known", async () => {
  await until(async () => (await lag()) !== undefined);
  const role = `${publisher.name}_plain`;
  await publisher.query(`create role ${role}`);
  await session.query(`SET ROLE ${role}`);
  // Polled: the server may be restarting the subscription's worker.
  await expect.poll(lag, { timeout: 15_000 }).toEqual({ name, lagMs: null, lagBytes: null });
  await session.query("RESET ROLE");
  await publisher.query(`grant pg_monitor to ${role}`);
  await session.query(`SET ROLE ${role}`);
  await until(async () => (await lag())?.lagBytes != null);
  await session.query("RESET ROLE");
  await publisher.query(`drop role ${role}`);
});
