import { Client, type QueryResultRow } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { archiveBacklog } from "../../../src/backfill/throttle/archive-backlog.ts";
import { readCatalogSignals, readRights } from "../../../src/backfill/throttle/read-catalog-signals.ts";
import type { Server } from "../../../src/demo/server.ts";
import { openSession } from "../../../src/postgres/session.ts";
import { MAJORS } from "../../support/postgres.ts";
import { startTestServer } from "../../support/servers.ts";
import { until } from "../../support/until.ts";
import { createJournal, createPayments, type Queryable } from "../fill-database.ts";
import { heldFill } from "./held-fill.ts";

const MB = 1024 ** 2;

/** Signals that speak of a whole server: each major has one of its own. */
describe.each(MAJORS)("on PostgreSQL %s a fill", (major) => {
  let server: Server;
  beforeAll(async () => {
    server = await startTestServer({ major, settings: { archive_mode: "on", archive_command: "false" } });
    const client = await connected(server.url);
    await client.query("CREATE ROLE plain LOGIN PASSWORD 'plain'");
    await client.end();
  });
  afterAll(() => server.stop("immediate"));

  test("stops while a replication slot keeps too much WAL, and names the slot", async () => {
    const database = await payments(server, 1_000);
    await database.query("SELECT pg_create_physical_replication_slot('audit', true)");
    await database.query(
      "SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000)) FROM generate_series(1, 3)",
    );
    const events = await heldFill(database, { slot_wal: { stop: 2 * MB } }, async ({ reason, filled }) => {
      expect(reason).toMatch(/^WAL kept for inactive slot audit [\d.]+ MB > 2 MB$/);
      expect(await filled()).toBe(0);
      await database.query("SELECT pg_drop_replication_slot('audit')");
    });
    expect(events.map(({ type }) => type)).toEqual(["throttled", "resumed"]);
  });

  test("stops while WAL waits for the archive, and a role that may not look at its files is told what was reported", async () => {
    const database = await payments(server, 1_000);
    const plain = await openSession({ connectionString: roleUrl(database) }, { applicationName: "plain" });
    onTestFinished(() => plain.close());
    const signal = archiveBacklog({ stop: 2 });
    const asPlain = async () => {
      const { values, rights } = await readCatalogSignals(plain, [signal], await readRights(plain));
      const reading = values.get(signal.name);
      return reading !== undefined && "value" in reading ? signal.judge(reading.value, false, rights) : null;
    };
    const finishFiles = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1)
        await database.query("SELECT pg_logical_emit_message(true, 'test', 'x'), pg_switch_wal()");
    };
    expect(await asPlain()).toMatchObject({
      level: "stop",
      unreadable: true,
      reason: expect.stringContaining("(GRANT pg_monitor TO plain)") as string,
    });
    await finishFiles(3);
    const events = await heldFill(database, { archive_backlog: { stop: 2 } }, async ({ reason, filled }) => {
      expect(reason).toMatch(/^WAL files that wait for the archive: [3-9] > 2/);
      expect(await filled()).toBe(0);
      await configure(server, "archive_command", "true");
    });
    expect(events.map(({ type }) => type)).toEqual(["throttled", "resumed"]);

    // What the archiver has reported by now is as good as its list of files.
    await until(async () => (await asPlain())?.level === "go");
    await configure(server, "archive_command", "false");
    await finishFiles(3);
    expect(await asPlain()).toMatchObject({
      level: "stop",
      reason: expect.stringMatching(/^WAL files that wait for the archive: [345] > 2/) as string,
    });
  });

  test("stops while too many sessions are active, until `resume`", async () => {
    const database = await payments(server, 1_000);
    const busy = [await connected(database.url), await connected(database.url)];
    const sleeping = busy.map(async (client) => client.query("SELECT pg_sleep(300)").catch(() => {}));
    await until(async () => (await sleepers(database)).length === 2);
    const throttle = { active_sessions: { stop: 1, resume: 0 } };
    const events = await heldFill(database, throttle, async ({ reason, filled, events: told }) => {
      expect(reason).toBe("active sessions: 2 > 1");
      const [first, second] = await sleepers(database);
      await database.query("SELECT pg_cancel_backend($1)", [first]);
      // One is no longer too many, and still more than `resume`: a look later it stands as before.
      await until(async () => (await sleepers(database)).length === 1);
      await anotherLook(database);
      expect([await filled(), told("resumed")]).toEqual([0, []]);
      await database.query("SELECT pg_cancel_backend($1)", [second]);
    });
    expect(events.map(({ type }) => type)).toEqual(["throttled", "resumed"]);
    expect(events.at(-1)).toMatchObject({ throttledMs: expect.any(Number) as number });
    await Promise.all([...sleeping, ...busy.map((client) => client.end())]);
  });

  test("by a role that sees too little stops until it is granted", async () => {
    const database = await payments(server, 1_000);
    await database.query(
      "GRANT ALL ON SCHEMA segue, public TO plain; GRANT ALL ON ALL TABLES IN SCHEMA segue, public TO plain",
    );
    await database.query("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA segue TO plain");
    const other = await connected(database.url);
    const asPlain: Queryable = { url: roleUrl(database), query: (sql, values) => database.query(sql, values) };
    const events = await heldFill(asPlain, { active_sessions: { stop: 50 } }, async ({ reason, filled }) => {
      expect(reason).toMatch(
        /^active_sessions can't be read: what \d+ sessions? of other roles do is hidden from this role \(GRANT pg_monitor TO plain\)$/,
      );
      expect(await filled()).toBe(0);
      await database.query("GRANT pg_monitor TO plain");
    });
    expect(events.map(({ type }) => type)).toEqual(["throttled", "resumed"]);
    await database.query("REVOKE pg_monitor FROM plain");
    await other.end();
  });
});

/** A database of its own on a server, with `payments` and a journal. */
async function payments(server: Server, rows: number): Promise<Queryable> {
  const admin = await connected(server.url);
  const name = `t${Math.random().toString(36).slice(2)}`;
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  const client = await connected(url.href);
  onTestFinished(async () => {
    await client.end();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  });
  const database: Queryable = {
    url: url.href,
    async query<R extends QueryResultRow>(sql: string, values?: unknown[]) {
      return (await client.query<R>(sql, values)).rows;
    },
  };
  await createJournal(database);
  await createPayments(database, rows);
  return database;
}

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  client.on("error", () => {});
  await client.connect();
  return client;
}

function roleUrl({ url }: Queryable): string {
  const other = new URL(url);
  other.username = "plain";
  other.password = "plain";
  return other.href;
}

async function sleepers(database: Queryable): Promise<number[]> {
  const rows = await database.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(300)' AND state = 'active' ORDER BY pid",
  );
  return rows.map(({ pid }) => pid);
}

/** Returns once the signals were read again, from now on. */
async function anotherLook(database: Queryable): Promise<void> {
  const last = async (): Promise<string> => {
    const [row] = await database.query<{ at: string }>(
      "SELECT query_start::text AS at FROM pg_stat_activity WHERE application_name = 'segue/1/1/observer' AND query LIKE '%AS signals%'",
    );
    return row?.at ?? "";
  };
  const before = await last();
  await until(async () => ![before, ""].includes(await last()));
}

async function configure(server: Server, name: string, value: string): Promise<void> {
  const client = await connected(server.url);
  await client.query(`ALTER SYSTEM SET ${name} = '${value}'`);
  await client.query("SELECT pg_reload_conf()");
  await client.end();
}
