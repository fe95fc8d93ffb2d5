import { expect, test } from "vitest";
import { CHANNEL } from "../../../src/journal/events.ts";
import { clearIntent, intentsOf, setIntent } from "../../../src/journal/intents.ts";
import { until } from "../../support/until.ts";
import { journalDatabase } from "./journal-database.ts";

test("an intent holds until it is taken back, and is announced at once", async () => {
  const { database, session, rollout } = await journalDatabase();
  const id = await rollout();
  const heard: string[] = [];
  const listener = await database.connect();
  listener.on("notification", ({ payload }) => heard.push(payload ?? ""));
  await listener.query(`LISTEN ${CHANNEL}`);

  expect(await intentsOf(session, id)).toEqual({ pause: false, cancel: false });
  await setIntent(session, id, "pause", "ada");
  await setIntent(session, id, "pause", "bob");
  expect(await intentsOf(session, id)).toEqual({ pause: true, cancel: false });
  expect(await database.query("SELECT kind, actor FROM segue.intent")).toEqual([{ kind: "pause", actor: "bob" }]);
  await setIntent(session, id, "cancel", "ada");
  expect(await intentsOf(session, id)).toEqual({ pause: true, cancel: true });
  expect(await clearIntent(session, id, "pause")).toBe(true);
  expect(await clearIntent(session, id, "pause")).toBe(false);
  expect(await intentsOf(session, id)).toEqual({ pause: false, cancel: true });
  await until(() => Promise.resolve(heard.length === 5));
  expect(new Set(heard)).toEqual(new Set([id]));
});

test("an intent that has run out, or is of another rollout, does not count", async () => {
  const { database, session, rollout } = await journalDatabase();
  const [mine, other] = [await rollout("1_a"), await rollout("2_b")];
  await setIntent(session, other, "pause", "ada");
  await setIntent(session, mine, "cancel", "ada");
  await database.query("UPDATE segue.intent SET expires_at = clock_timestamp() WHERE rollout = $1", [mine]);
  expect(await intentsOf(session, mine)).toEqual({ pause: false, cancel: false });
});

test("a throttle has its ratio, who asked for it and until when, by the database's clock", async () => {
  const { database, session, rollout } = await journalDatabase();
  const id = await rollout();
  expect(await setIntent(session, id, "throttle", "ada", { detail: { ratio: 2 } })).toBeNull();
  expect(await intentsOf(session, id)).toEqual({
    pause: false,
    cancel: false,
    throttle: { ratio: 2, actor: "ada", until: null },
  });
  const until = await setIntent(session, id, "throttle", "bob", { detail: { ratio: 0.5 }, ttl: 3_600_000 });
  const [clock] = await database.query<{ ahead: number }>(
    "SELECT extract(epoch FROM $1::timestamptz - clock_timestamp())::float8 AS ahead",
    [until],
  );
  expect(clock?.ahead).toBeGreaterThan(3_500);
  expect(clock?.ahead).toBeLessThanOrEqual(3_600);
  expect((await intentsOf(session, id)).throttle).toEqual({ ratio: 0.5, actor: "bob", until });
  await database.query("UPDATE segue.intent SET expires_at = clock_timestamp()");
  expect(await intentsOf(session, id)).toEqual({ pause: false, cancel: false });
  // It no longer held: there was nothing to take off.
  expect(await clearIntent(session, id, "throttle")).toBe(false);
  expect(await database.query("SELECT kind FROM segue.intent")).toEqual([]);
});
