import { expect, test } from "vitest";
import { approvalOf, approve } from "../../../src/journal/approvals.ts";
import { openQuarantine } from "../../../src/journal/quarantine.ts";
import {
  latestRollout,
  listRollouts,
  lockRollouts,
  planContentOf,
  programOf,
  rolloutById,
  setError,
  setReverseTo,
  setState,
  setVerified,
  soakEnded,
  startSoak,
  touchesInFlight,
} from "../../../src/journal/rollouts.ts";
import { sqlstateOf } from "../../../src/postgres/sqlstate.ts";
import { codeOf, journalDatabase } from "./journal-database.ts";

test("a plan has one rollout in flight, and any number behind it", async () => {
  const { session, rollout } = await journalDatabase();
  const first = await rollout("1_a", "reversed");
  const second = await rollout("1_a", "ready");
  expect(await codeOf(rollout("1_a", "planned"))).toBe("23505");
  const other = await rollout("2_b", "completed");
  expect((await latestRollout(session, "1_a"))?.id).toBe(second);
  expect(await latestRollout(session, "3_c")).toBeNull();
  expect((await listRollouts(session)).map(({ id }) => id)).toEqual([first, second, other]);
  expect((await listRollouts(session, { inFlight: true })).map(({ id }) => id)).toEqual([second]);
  expect(await touchesInFlight(session)).toEqual([{ plan: "1_a", state: "ready", touches: [], reads: [] }]);
  expect(await programOf(session, first)).toEqual({ format: 1 });
  expect(await planContentOf(session, first)).toEqual({ a: 1 });
});

test("a change of state forgets the last error, and how far a reversal was to go", async () => {
  const { session, rollout } = await journalDatabase();
  const id = await rollout();
  await setError(session, id, { code: "SEG0401", message: "m", step: "expand.1" });
  expect(await rolloutById(session, id)).toMatchObject({
    state: "planned",
    error: { code: "SEG0401", message: "m", step: "expand.1" },
    planHash: "hash",
    actor: "ada",
    toolVersion: "0.1.0",
    epoch: 0,
  });
  await setState(session, id, "reversing");
  await setReverseTo(session, id, "ready");
  expect(await rolloutById(session, id)).toMatchObject({ error: null, reverseTo: "ready" });
  await setState(session, id, "ready");
  expect(await rolloutById(session, id)).toMatchObject({ state: "ready", reverseTo: null });
});

test("a soak ends by the database's clock", async () => {
  const { session, rollout } = await journalDatabase();
  const id = await rollout();
  expect(await soakEnded(session, id)).toBe(false);
  await startSoak(session, id, 3_600_000);
  expect(await soakEnded(session, id)).toBe(false);
  await startSoak(session, id, 0);
  expect(await soakEnded(session, id)).toBe(true);
  await setVerified(session, id, 5_000_000_000);
  expect(await rolloutById(session, id)).toMatchObject({
    verifiedRows: 5_000_000_000,
    verifiedAt: expect.any(Date) as Date,
  });
});

test("an approval counts for its label and its rollout, and is renewed by a later one", async () => {
  const { session, rollout } = await journalDatabase();
  const [id, other] = [await rollout("1_a"), await rollout("2_b")];
  await approve(session, id, "web-team", "ada");
  await approve(session, id, "web-team", "bob");
  expect(await approvalOf(session, id, "web-team")).toMatchObject({ label: "web-team", actor: "bob" });
  expect(await approvalOf(session, id, "data-team")).toBeNull();
  expect(await approvalOf(session, other, "web-team")).toBeNull();
});

test("the quarantine tells the number of all, and some", async () => {
  const { database, session, rollout } = await journalDatabase();
  const id = await rollout("1_a", "backfilling");
  expect(await openQuarantine(session, id)).toEqual({ count: 0, sample: [] });
  const put = (key: number): Promise<unknown> =>
    database.query("SELECT segue.quarantine('1_a', 'public', 't', jsonb_build_object('id', $1::int), 'bad', '22P02')", [
      key,
    ]);
  for (let key = 1; key <= 7; key += 1) await put(key);
  await put(1);
  await database.query("UPDATE segue.quarantine SET state = 'settled' WHERE row_key = '{\"id\": 2}'");
  const { count, sample } = await openQuarantine(session, id, 2);
  expect(count).toBe(6);
  expect(sample).toEqual([
    { table: "public.t", key: '{"id": 1}', error: "bad", sqlstate: "22P02" },
    { table: "public.t", key: '{"id": 3}', error: "bad", sqlstate: "22P02" },
  ]);
  await put(2);
  expect((await openQuarantine(session, id)).count).toBe(7);
});

test("of those that come into flight one waits for the other, while rollouts that are in flight go on", async () => {
  const { database, session, open, rollout } = await journalDatabase();
  const id = await rollout("1_a", "planned");
  const other = await open();
  await session.transaction(async () => {
    await lockRollouts(session);
    await other.query("SET lock_timeout = '200ms'");
    await setState(other, id, "expanding");
    expect(sqlstateOf(await other.transaction(() => lockRollouts(other)).catch((error: unknown) => error))).toBe(
      "55P03",
    );
  });
  await other.transaction(() => lockRollouts(other));
  expect(await database.query("SELECT state FROM segue.rollout")).toEqual([{ state: "expanding" }]);
});
