import { expect, test } from "vitest";
import { claimRollout } from "../../../src/execution/claim.ts";
import { acquireLease, type Claimant, fence } from "../../../src/journal/lease.ts";
import { tryRolloutLock } from "../../../src/postgres/advisory-lock.ts";
import { openSession, type Session } from "../../../src/postgres/session.ts";
import { sessionName } from "../../../src/postgres/session-name.ts";
import { fillDatabase } from "../../backfill/fill-database.ts";
import type { TestDatabase } from "../../support/postgres.ts";

const claimant = (owner: string): Claimant => ({ plan: "1_a", owner, force: false, epoch: null });
const open = (database: TestDatabase, name: string): Promise<Session> =>
  openSession({ connectionString: database.url }, { applicationName: name });
const never = new AbortController().signal;

/** A rollout that a runner has, which is in the middle of a transaction: its fence keeps the rollout's row. */
async function inTransaction(owner: string) {
  const database = await fillDatabase();
  const observer = await open(database, sessionName("1", 2, "observer"));
  expect(await tryRolloutLock(observer, "1")).toBe(true);
  const { epoch } = await acquireLease(observer, "1", claimant(owner));
  const session = await open(database, sessionName("1", epoch));
  await session.query("BEGIN");
  await fence(session, "1", epoch);
  const other = await open(database, sessionName("1", 0, "claim"));
  const close = async (): Promise<void> => {
    for (const each of [observer, session, other]) await each.close();
  };
  return { session, other, close };
}

test("a runner in the middle of a transaction is named to the one that comes second", async () => {
  const { session, other, close } = await inTransaction("first:1");
  await expect(claimRollout(other, "1", claimant("second:2"), never)).rejects.toMatchObject({
    code: "SEG0305",
    exitCode: 5,
    message: "1_a is being run by first:1",
  });
  await session.query("COMMIT");
  await close();
});

test("a run that has lost its connection ends the transaction that it left open", async () => {
  const { session, other, close } = await inTransaction("first:1");
  const back: Claimant = { ...claimant("first:1"), epoch: 2 };
  expect(await claimRollout(other, "1", back, never)).toMatchObject({ epoch: 3 });
  await expect(session.query("SELECT 1")).rejects.toMatchObject({ code: "SEG0407" });
  await close();
});
