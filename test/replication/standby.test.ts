import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Server } from "../../src/demo/server.ts";
import { createSegue, type SegueEvent } from "../../src/index.ts";
import { MAJORS } from "../support/postgres.ts";
import { startTestServer } from "../support/servers.ts";
import { startStandby } from "../support/standby.ts";

describe.each(MAJORS)("on PostgreSQL %s", (major) => {
  let primary: Server;
  let standby: Server;
  let plans: string;

  beforeAll(async () => {
    primary = await startTestServer({ major });
    standby = await startStandby(primary);
    plans = await mkdtemp(join(tmpdir(), "segue-plans-"));
  });

  /** Writes a plan that fills a column of a table. */
  async function plan(id: string, table: string, throttle: string): Promise<void> {
    await writeFile(
      join(plans, `${id}.yaml`),
      `operations:
  - add_column: { table: ${table}, column: length, type: integer, fill: length(body), nullable: false }
settings:
  backfill: { throttle: { ${throttle} } }
`,
    );
  }

  afterAll(async () => {
    await standby.stop("immediate");
    await primary.stop("immediate");
    await rm(plans, { recursive: true });
  });

  async function sql(server: Server, text: string): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  test.each([
    ["replica_lag: 300ms", /^replica walreceiver\S* lag [\d.]+ m?s > 300 ms$/],
    ["replica_lag: null, replica_lag_bytes: 1MB", /^replica walreceiver\S* lag [\d.]+ MB > 1 MB$/],
  ])(
    "a fill under `%s` stops while a replica's replay is behind, and goes on when it has caught up",
    async (throttle, why) => {
      const table = `notes_${throttle.length}`;
      await plan(`${throttle.length}_${table}`, table, throttle);
      await sql(primary, `CREATE TABLE ${table} (id int PRIMARY KEY, body text)`);
      await sql(primary, `INSERT INTO ${table} SELECT i, repeat('x', i % 50) FROM generate_series(1, 200000) AS i`);
      const events: SegueEvent[] = [];
      let throttled: (reason: string) => void = () => {};
      const stopped = new Promise<string>((resolve) => (throttled = resolve));
      const segue = createSegue({
        url: primary.url,
        plans,
        onEvent: (event) => {
          events.push(event);
          if (event.type === "throttled") throttled(event.reason);
        },
      });
      await segue.expand(table);
      await sql(standby, "SELECT pg_wal_replay_pause()");

      const filling = segue.backfill(table);
      expect(await Promise.race([stopped, filling.then(() => "the fill ended")])).toMatch(why);
      await sql(standby, "SELECT pg_wal_replay_resume()");

      expect((await filling).state).toBe("ready");
      const types = events.map((event) => event.type);
      expect(types.indexOf("resumed")).toBeGreaterThan(types.indexOf("throttled"));
      expect(
        await sql(primary, `SELECT count(*)::int AS wrong FROM ${table} WHERE length IS DISTINCT FROM length(body)`),
      ).toEqual([{ wrong: 0 }]);
    },
  );

  test("a role that does not see how far replicas are stops, until it is granted", async () => {
    await plan("99_hidden", "hidden", "replica_lag: 1h");
    await sql(
      primary,
      "CREATE ROLE plain LOGIN PASSWORD 'plain'; GRANT CREATE ON DATABASE postgres TO plain; GRANT CREATE ON SCHEMA public TO plain",
    );
    const url = new URL(primary.url);
    [url.username, url.password] = ["plain", "plain"];
    await sql(
      { ...primary, url: url.href },
      "CREATE TABLE hidden (id int PRIMARY KEY, body text); INSERT INTO hidden VALUES (1, 'x')",
    );
    await sql(
      primary,
      "GRANT ALL ON SCHEMA segue TO plain; GRANT ALL ON ALL TABLES IN SCHEMA segue TO plain; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA segue TO plain",
    );
    const reasons: string[] = [];
    const segue = createSegue({
      url: url.href,
      plans,
      onEvent: (event) => {
        if (event.type !== "throttled") return;
        reasons.push(event.reason);
        void sql(primary, "GRANT pg_monitor TO plain");
      },
    });
    await segue.expand("hidden");
    expect((await segue.backfill("hidden")).state).toBe("ready");
    expect(reasons).toEqual([
      expect.stringMatching(
        /^replica_lag can't be read: the lag of replica walreceiver\S* is hidden from this role \(GRANT pg_monitor TO plain\)$/,
      ),
    ]);
  });

  test("a standby is told apart: nothing is changed there, and the state can be read", async () => {
    const segue = createSegue({ url: standby.url, plans });
    await expect(segue.expand("hidden")).rejects.toMatchObject({ code: "SEG0203", exitCode: 3 });
    await sql(primary, "SELECT pg_switch_wal()");
    const [report] = await segue.status("hidden");
    expect(report?.plan).toBe("99_hidden");
  });
});
