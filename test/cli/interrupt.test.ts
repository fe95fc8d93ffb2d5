import { expect, test } from "vitest";
import { testDatabase } from "../support/postgres.ts";
import { MANY_USERS, RENAME, RENAME_FILE, RENAME_ID } from "./plans.ts";
import { objects, project, type Running, segue, start } from "./segue.ts";

/** So slow that whatever comes, comes in the middle of it. */
const SLOWLY = RENAME.replace("settings:\n", "settings:\n  backfill: { batch_time: 2ms, batch_time_busy: 1ms }\n");

async function filling(plan: string = SLOWLY) {
  const database = await testDatabase({ script: MANY_USERS });
  const where = project({ files: { [RENAME_FILE]: plan }, url: database.url });
  await segue(where, "expand", "rename_username");
  // A row that stays locked keeps the fill from its end, however fast the machine is, until it is freed.
  const holder = await database.connect();
  await holder.query("begin");
  await holder.query("select from users where id = 60000 for update");
  const free = async (): Promise<void> => void (await holder.query("rollback"));
  const running = await start(where, "backfill", "rename_username", "--json");
  await running.saying('"type":"progress"');
  const filled = async (): Promise<number> => {
    const [row] = await database.query<{ filled: number }>("select count(handle)::int as filled from users");
    return row?.filled ?? 0;
  };
  return { database, where, running, filled, free };
}

async function stopped(running: Running, signal: "SIGINT" | "SIGTERM") {
  running.child.kill(signal);
  return await running.ended;
}

test("Ctrl-C finishes the batch and says how to go on; resume does, from there", async () => {
  const { where, running, filled, free } = await filling();

  const { code, stderr, stdout } = await stopped(running, "SIGINT");
  await free();

  expect(code).toBe(130);
  expect(stderr).toMatch(/^\^C finishing the batch and saving its cursor; once more cancels the statement\nStopped: /);
  expect(stderr).toContain(
    `\nNext: segue resume ${RENAME_ID}\nSEG0309: interrupted after a checkpoint (docs/errors/SEG0309.md)\n`,
  );
  expect(objects({ stdout }).at(-1)).toMatchObject({
    type: "error",
    code: "SEG0309",
    exit_code: 130,
    next: `segue resume ${RENAME_ID}`,
  });
  const before = await filled();
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(60_000);

  const status = objects(await segue(where, "status", "rename_username", "--json"))[0];
  expect(status).toMatchObject({
    state: "backfilling",
    health: "interrupted",
    lease: null,
    progress: { unit: "blocks" },
  });
  expect(await segue(where, "resume")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${RENAME_ID} is ready.`),
  });
  expect(await filled()).toBe(60_000);
});

test("SIGTERM does the same, with its own exit code", async () => {
  const { running } = await filling();

  const { code, stderr } = await stopped(running, "SIGTERM");

  expect(code).toBe(143);
  expect(stderr).toMatch(/^SIGTERM finishing the batch/);
});

test("a second Ctrl-C cancels the statement", async () => {
  const database = await testDatabase({ script: MANY_USERS });
  const where = project({
    files: { [RENAME_FILE]: "operations:\n  - sql: { up: select pg_sleep(300), down: select 1 }\n" },
    url: database.url,
  });
  const running = await start(where, "expand", "rename_username", "--json");
  await running.saying('"type":"step_started"');

  running.child.kill("SIGINT");
  await running.saying("^C");
  running.child.kill("SIGINT");

  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(stderr).toContain("Stopped: stopped at once: the running statement was cancelled.");
  expect(stderr).toContain(`Next: segue resume ${RENAME_ID}\n`);
  expect(
    await database.query(
      "select pid from pg_stat_activity where query like '%pg_sleep(300)%' and pid <> pg_backend_pid() and state = 'active'",
    ),
  ).toEqual([]);
});

test("a second runner is refused with the name of the first", async () => {
  const { where, running, free } = await filling();

  const second = await segue(where, "backfill", "rename_username");
  await free();

  expect(second.code).toBe(5);
  expect(second.stderr).toMatch(
    new RegExp(`^Refused: ${RENAME_ID} is being run by \\S+:${running.child.pid}\\. Nothing changed\\.\n`),
  );
  expect(second.stderr).toContain("SEG0305: another runner holds the lease (docs/errors/SEG0305.md)\n");
});

test("pause and unpause from another process are obeyed, and status says so", async () => {
  const { where, running, filled, free } = await filling();

  expect(await segue(where, "pause", "rename_username")).toMatchObject({
    code: 0,
    stdout: `${RENAME_ID} is paused: it halts at the next batch boundary.\nNext: segue unpause ${RENAME_ID}\n`,
  });
  await running.saying('"type":"paused"');
  const before = await filled();
  expect(objects(await segue(where, "status", "rename_username", "--json"))[0]).toMatchObject({
    health: "paused",
    reason: expect.stringMatching(/^by \S+@\S+$/) as string,
    since: expect.stringMatching(/^\d{4}-/) as string,
    next: `segue unpause ${RENAME_ID}`,
  });
  expect(await filled()).toBe(before);
  await free();

  expect(await segue(where, "unpause", "rename_username")).toMatchObject({
    code: 0,
    stdout: `${RENAME_ID} goes on.\n`,
  });
  await running.saying('"type":"resumed"');
  expect(await running.ended).toMatchObject({ code: 0 });
  expect(await filled()).toBe(60_000);
});

test("cancel from another process ends the run, which can be resumed", async () => {
  const { where, running, free } = await filling();

  expect(await segue(where, "cancel", "rename_username")).toMatchObject({ code: 0 });

  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(stderr).toContain(`Stopped: ${RENAME_ID} was cancelled on request`);
  expect(stderr).toContain(`Next: segue resume ${RENAME_ID} goes on; segue reverse ${RENAME_ID} takes it back\n`);
  expect(stderr).toContain("SEG0308: the rollout was cancelled (docs/errors/SEG0308.md)\n");
  await free();
  expect(await segue(where, "resume", "rename_username")).toMatchObject({ code: 0 });
});

test("unlock takes the lease of a live process only on a word of consent; that process can't commit any more", async () => {
  const { where, running, free } = await filling();

  const refused = await segue(where, "unlock", "rename_username");
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain(
    `Next: segue unlock ${RENAME_ID} --yes if that process is known to be dead; its statements are ended\n`,
  );

  expect(await segue(where, "unlock", "rename_username", "--yes")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`Next: segue resume ${RENAME_ID}\n`),
  });
  expect((await running.ended).code).toBe(1);
  await free();
  expect(await segue(where, "resume")).toMatchObject({ code: 0 });
});

test("a process that was killed is taken over from, and status --wait sees the end of it", async () => {
  const { where, running, filled, free } = await filling();
  running.child.kill("SIGKILL");
  await running.ended;
  await free();
  expect(objects(await segue(where, "status", "rename_username", "--json"))[0]).toMatchObject({ state: "backfilling" });
  await segue(where, "unlock", "rename_username", "--yes");

  const waiting = await start(
    where,
    "status",
    "rename_username",
    "--wait",
    "--for",
    "ready",
    "--timeout",
    "60s",
    "--json",
  );
  expect(await segue(where, "resume")).toMatchObject({ code: 0 });

  const waited = await waiting.ended;
  expect(waited.code).toBe(0);
  expect(objects(waited)).toEqual([expect.objectContaining({ type: "status", state: "ready" })]);
  expect(await filled()).toBe(60_000);
});

test("watch shows each change, until Ctrl-C", async () => {
  const { where, running, free } = await filling();
  const watching = await start(where, "status", "--watch", "--json");
  await watching.saying('"state":"backfilling"');
  await free();
  expect(await running.ended).toMatchObject({ code: 0 });
  await watching.saying('"state":"ready"');

  const { code, stderr } = await stopped(watching, "SIGINT");

  expect({ code, stderr }).toMatchObject({ code: 130 });
});
