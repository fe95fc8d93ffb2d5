import { expect, test } from "vitest";
import { requireDroppable } from "../../../src/execution/drop-guard.ts";
import type { Runner } from "../../../src/execution/runner.ts";
import { acquireLease, renewLease } from "../../../src/journal/lease.ts";
import { journalDatabase } from "../journal/journal-database.ts";

test("a heartbeat that comes while the drop's dependents are read is no part of that reading", async () => {
  const { database, session, open, rollout } = await journalDatabase();
  await database.query("CREATE TABLE users (id int, name text)");
  const id = await rollout("1_a", "soaking");
  const observer = await open("observer");
  const { epoch } = await acquireLease(observer, id, { plan: "1_a", owner: "here", force: false, epoch: null });
  const hides = [{ table: { schema: "public", name: "users" }, column: "name" }];
  const read = new AbortController();
  const runner = { session, observer, plan: "1_a", program: { hides } } as unknown as Runner;
  const guard = requireDroppable(runner).finally(() => read.abort());
  while (!read.signal.aborted) expect(await renewLease(observer, id, epoch)).toBe(true);
  await guard;
});
