import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../../src/demo/server.ts";
import { createSegue, type SegueEvent } from "../../src/index.ts";
import { startTestServer } from "../support/servers.ts";
import { startStandby } from "../support/standby.ts";

let primary: Server;
let standby: Server;
let plans: string;

beforeAll(async () => {
  primary = await startTestServer({ major: 18 });
  standby = await startStandby(primary);
  plans = await mkdtemp(join(tmpdir(), "segue-plans-"));
  await writeFile(
    join(plans, "1_note_length.yaml"),
    `operations:
  - add_column: { table: notes, column: length, type: integer, fill: length(body), nullable: false }
settings:
  backfill: { throttle: { replica_lag: 300ms } }
`,
  );
});

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

test("a fill stops while a replica's replay is behind, says which, and goes on when it has caught up", async () => {
  await sql(primary, "CREATE TABLE notes (id int PRIMARY KEY, body text)");
  await sql(primary, "INSERT INTO notes SELECT i, repeat('x', i % 50) FROM generate_series(1, 60000) AS i");
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
  await segue.expand("note_length");
  await sql(standby, "SELECT pg_wal_replay_pause()");

  const filling = segue.backfill("note_length");
  expect(await Promise.race([stopped, filling.then(() => "the fill ended")])).toMatch(
    /^replica walreceiver\S* lag [\d.]+ m?s > 300 ms$/,
  );
  await sql(standby, "SELECT pg_wal_replay_resume()");

  expect((await filling).state).toBe("ready");
  const types = events.map((event) => event.type);
  expect(types.indexOf("resumed")).toBeGreaterThan(types.indexOf("throttled"));
  expect(
    await sql(primary, "SELECT count(*)::int AS wrong FROM notes WHERE length IS DISTINCT FROM length(body)"),
  ).toEqual([{ wrong: 0 }]);
});

test("a standby is told apart: nothing is changed there, and the state can be read", async () => {
  const segue = createSegue({ url: standby.url, plans });
  await expect(segue.expand("note_length")).rejects.toMatchObject({ code: "SEG0203", exitCode: 3 });
  await sql(primary, "SELECT pg_switch_wal()");
  const [report] = await segue.status("note_length");
  expect(report?.plan).toBe("1_note_length");
});
