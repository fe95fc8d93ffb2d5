import { expect, test } from "vitest";
import { CHANNEL, eventsOf, recordEvent } from "../../../src/journal/events.ts";
import { until } from "../../support/until.ts";
import { journalDatabase } from "./journal-database.ts";

test("an event stands in the history, and is told, if and only if its transaction commits", async () => {
  const { database, session, rollout } = await journalDatabase();
  const [id, other] = [await rollout("1_a"), await rollout("2_b")];
  const heard: string[] = [];
  const listener = await database.connect();
  listener.on("notification", ({ payload }) => heard.push(payload ?? ""));
  await listener.query(`LISTEN ${CHANNEL}`);

  await recordEvent(session, id, "planned", { hash: "x" }, "ada");
  await session
    .transaction(async () => {
      await recordEvent(session, id, "never", {});
      throw new Error("rolled back");
    })
    .catch(() => undefined);
  await recordEvent(session, other, "planned");
  await recordEvent(session, id, "state", { from: "planned", to: "expanding" });
  await until(() => Promise.resolve(heard.length === 3));
  expect(heard).toEqual([id, other, id]);

  const events = await eventsOf(session, id);
  expect(events.map(({ type, detail }) => [type, detail])).toEqual([
    ["planned", { hash: "x" }],
    ["state", { from: "planned", to: "expanding" }],
  ]);
  const [{ rows }] = [await session.query<{ me: string }>("SELECT session_user AS me")];
  expect(events.map(({ actor }) => actor)).toEqual(["ada", rows[0]?.me]);
  expect(events[0]?.time).toBeInstanceOf(Date);
});
