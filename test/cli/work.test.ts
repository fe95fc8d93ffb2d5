import { expect, test } from "vitest";
import { MAJORS } from "../support/postgres.ts";
import { RENAME_ID } from "./plans.ts";
import { segue, start } from "./segue.ts";
import { expanded, expectFilledOnce, filling, holdRows, ROWS, runnerOf } from "./shared-fill.ts";

test.each(MAJORS)(
  "two workers beside a runner are killed while clients write: nothing is lost and nothing filled twice, on PostgreSQL %s",
  { timeout: 240_000 },
  async (major) => {
    const { database, place } = await expanded(major);
    const release = await holdRows(database);
    const stop = new AbortController();
    const client = await database.connect();
    const writing = (async () => {
      for (let n = 1; !stop.signal.aborted; n += 1) {
        await client.query("UPDATE users SET username = $2 WHERE id = $1", [((n * 7_919) % ROWS) + 1, `written ${n}`]);
        await client.query("INSERT INTO users (username) VALUES ($1)", [`new ${n}`]);
      }
    })();
    const runner = await runnerOf(database, place);
    const workers = [await start(place, "work", RENAME_ID), await start(place, "work", RENAME_ID)];
    await filling(database, 3);
    for (const { child } of workers) child.kill("SIGKILL");
    await release();
    const { code, stderr } = await runner.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    stop.abort();
    await writing;
    await expectFilledOnce(database);
    expect(await segue(place, "status", RENAME_ID)).toMatchObject({
      stdout: expect.stringContaining("ready") as string,
    });
  },
);

test("a worker that hangs past its claim and wakes commits nothing", { timeout: 240_000 }, async () => {
  const { database, place } = await expanded();
  const release = await holdRows(database);
  const runner = await runnerOf(database, place);
  const worker = await start(place, "work", RENAME_ID);
  await filling(database, 2);
  worker.child.kill("SIGSTOP");
  // The claim runs out.
  await database.query(
    "UPDATE segue.extent SET updated_at = updated_at - interval '1 minute' WHERE owner LIKE '%/work#%'",
  );
  await release();
  expect(await runner.ended).toMatchObject({ code: 0 });
  const before = await database.query("SELECT id, rows_done, updated_at FROM segue.extent ORDER BY id");
  worker.child.kill("SIGCONT");
  expect(await worker.ended).toMatchObject({ code: 0 });
  expect(await database.query("SELECT id, rows_done, updated_at FROM segue.extent ORDER BY id")).toEqual(before);
  await expectFilledOnce(database);
});

test(
  "a worker goes on when the runner is killed, and says that only a runner ends the step",
  { timeout: 240_000 },
  async () => {
    const { database, place } = await expanded();
    const release = await holdRows(database);
    const runner = await runnerOf(database, place);
    const worker = await start(place, "work", RENAME_ID);
    await filling(database, 2);
    runner.child.kill("SIGKILL");
    await release();
    const end = await worker.ended;
    expect(end).toMatchObject({ code: 0 });
    expect(end.stdout).toContain("No runner is at it, and only one ends the step.");
    expect(end.stdout).toContain(`Next: segue resume ${RENAME_ID}`);
    await expectFilledOnce(database);
    expect(await segue(place, "resume", RENAME_ID)).toMatchObject({ code: 0 });
    await expectFilledOnce(database);
  },
);

test("a worker is refused where there is nothing to join, and obeys a cancellation", { timeout: 240_000 }, async () => {
  const { database, place } = await expanded();
  const refused = await segue(place, "work", RENAME_ID);
  expect(refused).toMatchObject({ code: 3 });
  expect(refused.stderr).toContain(`${RENAME_ID} is expanded: there is no backfill to join`);
  expect(await segue(place, "work", "20260101000000_nothing")).toMatchObject({ code: 3 });

  await holdRows(database);
  const runner = await runnerOf(database, place);
  const worker = await start(place, "work", RENAME_ID);
  await filling(database, 2);
  expect(await segue(place, "cancel", RENAME_ID)).toMatchObject({ code: 0 });
  expect(await runner.ended).toMatchObject({ code: 130 });
  const end = await worker.ended;
  expect(end).toMatchObject({ code: 130 });
  expect(end.stderr).toContain("SEG0308");
  expect(await database.query("SELECT FROM segue.extent WHERE owner IS NOT NULL")).toEqual([]);
});
