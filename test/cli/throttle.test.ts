import { expect, test } from "vitest";
import { testDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { MANY_USERS, RENAME, RENAME_FILE, RENAME_ID } from "./plans.ts";
import { objects, project, segue, start } from "./segue.ts";

/** A fill that stands while a query of the test's own says so. */
const KNOB = "create table knob (value int); insert into knob values (100);";
const HELD = RENAME.replace(
  "settings:\n",
  "settings:\n  backfill: { batch_time: 2ms, batch_time_busy: 1ms, throttle: { queries: { knob: { sql: select value from knob, stop: 10 } } } }\n",
);

async function held() {
  const database = await testDatabase({ script: MANY_USERS.replace("60000", "6000") + KNOB });
  const where = project({ files: { [RENAME_FILE]: HELD }, url: database.url });
  await segue(where, "expand", "rename_username");
  const running = await start(where, "backfill", "rename_username", "--json");
  await running.saying('"type":"throttled"');
  const status = async () => objects(await segue(where, "status", "rename_username", "--json"))[0];
  const turn = (value: number) => database.query("update knob set value = $1", [value]);
  return { database, where, running, status, turn };
}

test("status, history and events say which signal stops a fill, since when, and for how long", async () => {
  const { database, where, running, status, turn } = await held();
  const reason = "query knob: 100 > 10";
  expect(objects({ stdout: running.stdout() }).find(({ type }) => type === "throttled")).toMatchObject({
    plan: RENAME_ID,
    level: "stop",
    reason,
    throttled_ms: 0,
  });
  await until(async () => Number((await status())?.["throttled_seconds"]) > 0, 60_000);
  const report = await status();
  expect(report).toMatchObject({ health: "throttled", reason, next: `segue backfill ${RENAME_ID}` });
  const [told] = await database.query<{ time: Date }>("select time from segue.event where type = 'throttled'");
  expect(report?.["since"]).toBe(told?.time.toISOString());
  expect(report?.["throttled_seconds"]).toBeGreaterThan(0);
  expect((await segue(where, "status", "rename_username")).stdout).toMatch(
    /\n {2}health +throttled since \d{4}-\d\d-\d\d [\d:]+Z: query knob: 100 > 10\n[^]*\n {2}throttled +for [\d.]+ s in all\n/,
  );

  await turn(0);
  expect(await running.ended).toMatchObject({ code: 0 });
  expect(await status()).toMatchObject({ state: "ready", reason: null, since: null });
  expect((await status())?.["throttled_seconds"]).toBeGreaterThan(0);
  const { stdout } = await segue(where, "history", "rename_username");
  expect(stdout).toMatch(/ throttled +query knob: 100 > 10\n/);
  expect(stdout).toMatch(/ resumed +after [\d.]+ (s|min) throttled\n/);
});

test("a ratio from another process is obeyed by the next batch, shown, and ends by the database's clock or by hand", async () => {
  const { database, where, running, status, turn } = await held();
  expect(await segue(where, "throttle", "rename_username", "--ratio", "50", "--ttl", "1h")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      new RegExp(
        `^${RENAME_ID} sleeps 50 times as long as it works, from its next batch on until \\S+Z\\.\nNext: segue throttle ${RENAME_ID} --off\n$`,
      ),
    ) as string,
  });
  await turn(0);
  await running.saying("asked for 50 s of sleep per second of work until");
  const batches = async (): Promise<number> => {
    const [row] = await database.query<{ n: number }>("select count(handle)::int as n from users");
    return row?.n ?? 0;
  };
  expect(await status()).toMatchObject({
    health: "running",
    reason: expect.stringMatching(/^\S+@\S+ asked for 50 s of sleep per second of work until /) as string,
    throttle: { ratio: 50, actor: expect.stringMatching(/@/) as string, until: expect.stringMatching(/Z$/) as string },
  });
  expect((await segue(where, "status", "rename_username")).stdout).toMatch(
    /\n {2}health +running slowly since [^\n]+\n[^]*\n {2}sleeps +50 times as long as it works, for \S+@\S+ until \d{4}-/,
  );
  expect(await batches()).toBeLessThan(6_000);

  // The end of its time needs no announcement.
  await database.query("update segue.intent set expires_at = clock_timestamp()");
  await running.saying('"type":"resumed"');
  expect(await running.ended).toMatchObject({ code: 0 });
  expect(await batches()).toBe(6_000);

  expect((await segue(where, "history", "rename_username")).stdout).toMatch(
    / \S+@\S+ +throttle asked for +ratio 50 until \d{4}-/,
  );
  expect(await segue(where, "throttle", "rename_username", "--off")).toMatchObject({
    code: 0,
    stdout: `Nothing to do: ${RENAME_ID} is not throttled.\n`,
  });
});

test("--off sets a fill free that sleeps, and pause holds it at its next batch", async () => {
  const { where, running, turn, database } = await held();
  await segue(where, "throttle", "rename_username", "--ratio", "100");
  await turn(0);
  await running.saying("asked for 100 s of sleep per second of work");
  await segue(where, "pause", "rename_username");
  await running.saying('"type":"paused"');
  const [before] = await database.query("select count(handle)::int as n from users");
  expect(await segue(where, "throttle", "rename_username", "--off")).toMatchObject({
    code: 0,
    stdout: `${RENAME_ID} sleeps no longer.\n`,
  });
  expect(await database.query("select count(handle)::int as n from users")).toEqual([before]);
  await segue(where, "unpause", "rename_username");
  expect(await running.ended).toMatchObject({ code: 0 });
  const { stdout } = await segue(where, "history", "rename_username");
  const asked = [...stdout.matchAll(/ (pause asked for|unpaused|throttle asked for|throttle taken off)\b/g)];
  expect(asked.map(([, what]) => what)).toEqual([
    "throttle asked for",
    "pause asked for",
    "throttle taken off",
    "unpaused",
  ]);
});

test.each([
  [["--ratio", "-1"], /`--ratio` can't be `-1`: a ratio is a number from 0 to 100/],
  [["--ratio", "1e9"], /`--ratio` can't be `1e9`: a ratio is a number from 0 to 100/],
  [["--ratio", "2", "--ttl", "0s"], /`--ttl` can't be `0s`: a throttle has to hold for some time/],
  [["--ratio", "2", "--ttl", "1"], /`--ttl` can't be `1`: a duration is a whole number with a unit/],
  [["--ratio", "2", "--off"], /`--off` and `--ratio` exclude each other|`--ratio` and `--off` exclude each other/],
  [[], /`throttle` needs `--ratio` or `--off`/],
])("throttle %j is refused, and changes nothing", async (flags, message) => {
  const where = project({ url: "postgres://nobody@127.0.0.1:1/none" });
  const { code, stderr } = await segue(where, "throttle", "rename_username", ...flags);
  expect([code, stderr]).toEqual([64, expect.stringMatching(message)]);
});

test("doctor says which signals of segue.yaml and of plans this role can't read", async () => {
  const database = await testDatabase({ script: KNOB });
  const role = `doctor_${database.name}`;
  await database.query(`create role ${role} login password 'x'; grant create on database ${database.name} to ${role}`);
  try {
    const url = new URL(database.url);
    [url.username, url.password] = [role, "x"];
    const yaml = "settings: { backfill: { throttle: { slot_wal: 100TB, active_sessions: 90% } } }\n";
    const where = project({ files: { [RENAME_FILE]: HELD, "segue.yaml": yaml }, url: url.href });
    const other = await database.connect();
    const { code, stdout } = await segue(where, "doctor");
    expect(code).toBe(1);
    expect(stdout).toMatch(/✔ throttle +can be read: [^\n]*slot_wal/);
    expect(stdout).toMatch(
      new RegExp(`✖ throttle +active_sessions can't be read: [^\n]+\\(GRANT pg_monitor TO ${role}\\): fills stop\n`),
    );
    expect(stdout).toMatch(/✖ throttle +query knob can't be read: permission denied for table knob: fills stop\n/);
    await database.query(`grant pg_monitor to ${role}; grant select on knob to ${role}`);
    const mended = await segue(where, "doctor");
    expect(mended.stdout).not.toContain("can't be read");
    expect(mended.stdout).toMatch(/· throttle +fills would stop now: query knob: 100 > 10\n/);
    await other.end();
  } finally {
    await database.query(`drop owned by ${role}; drop role ${role}`);
  }
});
