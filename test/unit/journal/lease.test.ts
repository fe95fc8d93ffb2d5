import { expect, test } from "vitest";
import {
  acquireLease,
  type Claimant,
  fence,
  LEASE_MS,
  readLease,
  releaseLease,
  renewLease,
} from "../../../src/journal/lease.ts";
import type { SegueError } from "../../../src/model/errors.ts";
import { codeOf, journalDatabase } from "./journal-database.ts";

const claimant = (owner: string, force = false): Claimant => ({ plan: "1_a", owner, force, epoch: null });
const FENCED = "SG001";

test("a lease raises the epoch, keeps others out, and is given back", async () => {
  const { session, open, rollout } = await journalDatabase();
  const id = await rollout();
  expect(await readLease(session, id)).toBeNull();
  expect(await acquireLease(session, id, claimant("web1:7"))).toEqual({ epoch: 1, previous: null });
  expect(await readLease(session, id)).toMatchObject({ owner: "web1:7", epoch: 1, expired: false });

  const other = await open();
  const refused = await acquireLease(other, id, claimant("web2:9")).catch((error: unknown) => error as SegueError);
  expect(refused).toMatchObject({
    code: "SEG0305",
    message: "1_a is being run by web1:7",
    object: "1_a",
    next: "wait for it (segue status 1_a --watch), or segue unlock 1_a if that process is known to be dead",
    detail: { owner: "web1:7" },
  });
  // The refused one has raised nothing.
  expect((await session.query("SELECT epoch FROM segue.rollout")).rows).toEqual([{ epoch: "1" }]);

  await releaseLease(session, id, 1);
  expect(await readLease(session, id)).toBeNull();
  expect(await acquireLease(other, id, claimant("web2:9"))).toEqual({ epoch: 2, previous: null });
});

test("a lease that ran out goes to the next one, which knows whose it was; the late one can't renew, release or commit", async () => {
  const { database, session, open, rollout } = await journalDatabase();
  const id = await rollout();
  await acquireLease(session, id, claimant("slow"));
  await database.query("UPDATE segue.lease SET expires_at = clock_timestamp() - interval '1 second'");
  expect(await readLease(session, id)).toMatchObject({ expired: true });
  const other = await open();
  expect(await acquireLease(other, id, claimant("fast"))).toEqual({
    epoch: 2,
    previous: expect.objectContaining({ owner: "slow" }) as unknown,
  });
  expect(await renewLease(session, id, 1)).toBe(false);
  await releaseLease(session, id, 1);
  expect(await readLease(session, id)).toMatchObject({ owner: "fast", epoch: 2 });
  expect(await codeOf(fence(session, id, 1))).toBe(FENCED);
  await fence(other, id, 2);
});

test("a heartbeat puts the end off, by the database's clock", async () => {
  const { database, session, rollout } = await journalDatabase();
  const id = await rollout();
  await acquireLease(session, id, claimant("a"));
  await database.query("UPDATE segue.lease SET expires_at = clock_timestamp() + interval '1 second'");
  expect(await renewLease(session, id, 1)).toBe(true);
  const [row] = await database.query<{ left: number }>(
    "SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 * 1000 AS left FROM segue.lease",
  );
  expect(row?.left).toBeGreaterThan(LEASE_MS - 5_000);
  expect(row?.left).toBeLessThanOrEqual(LEASE_MS);
});

test("force takes a lease that is held, and the one that had it can't come back", async () => {
  const { session, open, rollout } = await journalDatabase();
  const id = await rollout();
  const first = claimant("first");
  await acquireLease(session, id, first);
  const other = await open();
  expect(await acquireLease(other, id, claimant("second", true))).toEqual({
    epoch: 2,
    previous: expect.objectContaining({ owner: "first" }) as unknown,
  });
  expect(await codeOf(acquireLease(session, id, first))).toBe("SEG0403");
});

test("a run that lost its connection takes its own lease again", async () => {
  const { session, open, rollout } = await journalDatabase();
  const id = await rollout();
  const run = claimant("same");
  await acquireLease(session, id, run);
  expect(await acquireLease(await open(), id, run)).toEqual({
    epoch: 2,
    previous: expect.objectContaining({ owner: "same" }) as unknown,
  });
});

test("the fence holds a takeover off until the transaction ends, and no longer", async () => {
  const { database, session, open, rollout } = await journalDatabase();
  const id = await rollout();
  await acquireLease(session, id, claimant("a"));
  await database.query("UPDATE segue.lease SET expires_at = clock_timestamp()");
  const other = await open();
  const order: string[] = [];
  let taking: Promise<unknown> = Promise.resolve();
  await session.transaction(async () => {
    await fence(session, id, 1);
    taking = acquireLease(other, id, claimant("b")).then(() => order.push("taken over"));
    // It waits for our row; then we commit.
    for (;;) {
      const [row] = await database.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM pg_locks WHERE pid = $1 AND NOT granted",
        [other.pid],
      );
      if (row?.n === 1) break;
    }
    order.push("committing");
  });
  await taking;
  expect(order).toEqual(["committing", "taken over"]);
  await expect(session.transaction(() => fence(session, id, 1))).rejects.toThrow(
    `rollout ${id} was taken over: epoch 1 has ended`,
  );
});

test("two that ask for a free lease at the same time: one gets it", async () => {
  const { open, rollout } = await journalDatabase();
  const id = await rollout();
  const sessions = await Promise.all([open(), open(), open()]);
  const codes = await Promise.all(
    sessions.map((session, n) => codeOf(acquireLease(session, id, claimant(`runner ${n}`)))),
  );
  expect(codes.toSorted()).toEqual(["SEG0305", "SEG0305", "none"]);
});
