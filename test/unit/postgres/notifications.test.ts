import { beforeEach, expect, test } from "vitest";
import { notify, openNotifications } from "../../../src/postgres/notifications.ts";
import { openSession, type Session } from "../../../src/postgres/session.ts";
import { type TestDatabase, testDatabase } from "../../support/postgres.ts";
import { until } from "../../support/until.ts";

let database: TestDatabase;
let session: Session;

beforeEach(async () => {
  database = await testDatabase();
  session = await openSession({ connectionString: database.url }, { applicationName: "segue" });
  return () => session.close();
});

const channel = `segue "rollout" 7 ÄÖ`;
const numbers = (payload: unknown): number | null => (typeof payload === "number" ? payload : null);

test("hears what is sent on its channel, at the commit, and drops what it does not recognise", async () => {
  const heard: number[] = [];
  const notifications = await openNotifications({ connectionString: database.url }, channel, {
    applicationName: "segue/listener",
    parse: numbers,
    onNotification: (payload) => heard.push(payload),
  });
  expect(notifications.listening).toBe(true);
  await notify(session, "another", 1);
  await notify(session, channel, { not: "a number" });
  await session.query("SELECT pg_notify($1, 'not JSON')", [channel]);
  await session.query("SELECT pg_notify($1, '')", [channel]);
  await session.transaction(async (s) => notify(s, channel, 2));
  await notify(session, channel, 3);
  await until(async () => heard.length === 2);
  expect(heard).toEqual([2, 3]);
  await notifications.close();
  expect(notifications.listening).toBe(false);
});

test("comes back after its connection was lost, and says so", async () => {
  const heard: number[] = [];
  let began = 0;
  const notifications = await openNotifications({ connectionString: database.url }, channel, {
    applicationName: "segue/listener",
    parse: numbers,
    onNotification: (payload) => heard.push(payload),
    onListening: () => (began += 1),
  });
  await database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'segue/listener' and datname = $1",
    [database.name],
  );
  await until(async () => began === 2);
  await notify(session, channel, 4);
  await until(async () => heard.length === 1);
  await notifications.close();
});

test("where it can't connect it does not listen, does not throw, and closes", async () => {
  const notifications = await openNotifications({ host: "localhost", port: 1 }, channel, {
    applicationName: "segue/listener",
    parse: numbers,
    onNotification: () => {},
  });
  expect(notifications.listening).toBe(false);
  await notifications.close();
});

test("closing while its connection is lost leaves nothing behind", async () => {
  const notifications = await openNotifications({ connectionString: database.url }, channel, {
    applicationName: "segue/listener",
    parse: numbers,
    onNotification: () => {},
  });
  await database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'segue/listener' and datname = $1",
    [database.name],
  );
  await until(async () => !notifications.listening);
  await notifications.close();
});
