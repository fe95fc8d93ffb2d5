import { describe, expect, test } from "vitest";
import { testDatabase } from "../support/postgres.ts";
import { RENAME, RENAME_FILE, RENAME_ID, USERS } from "./plans.ts";
import { objects, project, segue, start, write } from "./segue.ts";

async function shop(plan: string = RENAME) {
  const database = await testDatabase({ script: USERS });
  const where = project({ files: { [RENAME_FILE]: plan }, url: database.url });
  const columns = async (): Promise<string[]> => {
    const rows = await database.query<{ name: string }>(
      `select attname as name from pg_attribute where attrelid = 'users'::regclass and attnum > 0 and not attisdropped order by attnum`,
    );
    return rows.map(({ name }) => name);
  };
  return { database, where, columns };
}

test("a whole life: expand, backfill, contract with the drop confirmed", async () => {
  const { where, columns } = await shop();

  expect(await segue(where, "expand", "rename_username")).toMatchObject({ code: 0 });
  const ready = await segue(where, "backfill", "rename_username");
  expect(ready).toMatchObject({
    code: 0,
    stdout: [
      `${RENAME_ID} is ready. Safe to deploy: old and new application versions may run in any mix.`,
      `Next: deploy the new version everywhere, then segue contract ${RENAME_ID}`,
      "",
    ].join("\n"),
  });
  const refused = await segue(where, "contract", "rename_username");
  expect(refused.code).toBe(3);
  expect(refused.stderr).toMatch(
    new RegExp(
      [
        "Refused: dropping the old shape can't be taken back, and was not confirmed\\. The rollout is soaking: .*",
        `Next: segue contract ${RENAME_ID} --yes drops it; segue reverse ${RENAME_ID} brings it back`,
        "SEG0306: confirmation is needed \\(docs/errors/SEG0306\\.md\\)\n$",
      ].join("\n"),
    ),
  );
  expect(await columns()).toHaveLength(3);

  const done = await segue(where, "contract", "rename_username", "--yes");
  expect(done).toMatchObject({ code: 0, stdout: `${RENAME_ID} is completed: nothing is left to do.\n` });
  expect(await columns()).toEqual(["id", "handle"]);
  expect(await segue(where, "contract", "rename_username")).toMatchObject({
    code: 0,
    stdout: `Nothing to do. ${RENAME_ID} is completed: nothing is left to do.\n`,
  });
});

test("a reversal after which the catalog differs does not claim that it is as it was", async () => {
  const { database, where } = await shop();
  await segue(where, "expand", "rename_username");
  await database.query("create table meanwhile (id int)");

  const reversed = await segue(where, "reverse", "rename_username");
  expect(reversed).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(new RegExp(`^${RENAME_ID} is reversed: what it did is taken back\\.\n`)),
    stderr: expect.stringContaining("table public.meanwhile added"),
  });
  expect(objects(await segue(where, "reverse", "rename_username", "--json"))).toMatchObject([
    { type: "result", state: "reversed", changed: false, catalog_restored: false },
  ]);
});

test("a dry run of the reversal of what was dropped shows the rollout that builds it again", async () => {
  const { where, columns } = await shop();
  await segue(where, "up");
  await segue(where, "contract", "rename_username", "--yes");

  const dry = await segue(where, "reverse", "rename_username", "--dry-run");
  expect(dry.code).toBe(0);
  expect(dry.stdout.split("\n")).toEqual([
    `The old shape was dropped: ${RENAME_ID}~inverse, a rollout of its own, builds it again.`,
    "Would run",
    "  add column public.users.username text; sync public.users",
    "  fill public.users (username)",
    expect.any(String),
    expect.any(String),
    "  analyze public.users.username",
    "  end the healing of public.users",
    "And then, after the old version was deployed, by the same command",
    "  flip the sync of public.users; cut over from public.users.handle to username",
    "  stop the sync of public.users; drop column public.users.handle",
    "Nothing was changed.",
    "Next: segue reverse rename_username",
    "",
  ]);
  const [wire] = objects(await segue(where, "reverse", "rename_username", "--dry-run", "--json"));
  expect(wire).toMatchObject({ plan: RENAME_ID, steps: [], inverse: { plan: `${RENAME_ID}~inverse`, lost: [] } });
  expect(await columns()).toEqual(["id", "handle"]);

  expect(await segue(where, "reverse", "rename_username")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      new RegExp(
        `^${RENAME_ID}~inverse is ready\\..*\nNext: deploy the old version everywhere, then segue reverse ${RENAME_ID}\n$`,
      ),
    ),
  });
  expect(await columns()).toEqual(["id", "handle", "username"]);
  expect(await segue(where, "reverse", "rename_username", "--yes")).toMatchObject({ code: 0 });
  expect(await columns()).toEqual(["id", "username"]);
});

test("--fill gives the values that a column needs to become NOT NULL again", async () => {
  const { database, where } = await shop(
    "operations:\n  - drop_column: { table: users, column: username }\nsettings:\n  contract: { soak: 1h }\n",
  );
  await segue(where, "up");
  await database.query("insert into users default values");
  const refused = await segue(where, "reverse", "rename_username");
  expect(refused.stderr).toContain(`Next: segue reverse ${RENAME_ID} with --keep-nullable or --fill '<expression>'\n`);

  expect(await segue(where, "reverse", "rename_username", "--fill", "'nobody ' || id")).toMatchObject({ code: 0 });
  expect(await database.query("select username from users where id = 4")).toEqual([{ username: "nobody 4" }]);
});

test("a soak holds the drop off, also with --yes; reverse --to ready takes the cut-over back", async () => {
  const { where, columns } = await shop(RENAME.replace("0s", "72h"));
  await segue(where, "up");

  const soaking = await segue(where, "contract", "rename_username", "--yes");
  expect(soaking.code).toBe(0);
  expect(soaking.stdout).toMatch(new RegExp(`^${RENAME_ID} is soaking until \\d{4}-.*Z: the old shape is hidden`));
  const early = await segue(where, "contract", "rename_username", "--yes");
  expect(early.code).toBe(3);
  expect(early.stderr).toMatch(/^Refused: the soak ends at .*Z\. The old shape is hidden and kept in sync\.$/m);

  const dry = await segue(where, "reverse", "rename_username", "--to", "ready", "--dry-run");
  expect(dry).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Would run\n {2}.*\nNothing was changed\.\nNext: /),
  });
  expect(dry.stdout).toContain("Next: segue reverse rename_username --to ready\n");
  const back = await segue(where, "reverse", "rename_username", "--to", "ready");
  expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining("is ready.") });
  expect(await columns()).toEqual(["id", "username", "handle"]);

  const reversed = await segue(where, "rollback", "rename_username");
  expect(reversed).toMatchObject({
    code: 0,
    stdout: `${RENAME_ID} is reversed: the catalog is as it was before expand.\nNext: segue expand ${RENAME_ID} starts anew\n`,
  });
  expect(await columns()).toEqual(["id", "username"]);
});

test("an edited plan in flight is refused with what differs; a comment is no edit", async () => {
  const { where } = await shop();
  await segue(where, "expand", "rename_username");

  write(where, RENAME_FILE, RENAME.replace("handle }", "nick }"));
  const drift = await segue(where, "backfill", "rename_username");
  expect(drift).toMatchObject({
    code: 3,
    stderr: [
      `Refused: ${RENAME_FILE} is not the plan that is being run: it changed since. Nothing changed.`,
      `  operations[0].rename_column.to: "handle" → "nick"`,
      `Next: put the file back as it was and go on, or segue reverse ${RENAME_ID} first and then expand the new version`,
      "SEG0301: the plan changed while its rollout is in flight (docs/errors/SEG0301.md)",
      "",
    ].join("\n"),
  });

  write(where, RENAME_FILE, `# a comment\n${RENAME}`);
  expect(await segue(where, "backfill", "rename_username")).toMatchObject({ code: 0 });
});

test("an unmet gate is refused with all gates; the approval that it asks for opens it", async () => {
  const { where } = await shop(`${RENAME}gates:\n  - approval: { by: data-team }\n`);
  await segue(where, "up");

  const refused = await segue(where, "contract", "rename_username", "--yes");
  expect(refused.code).toBe(3);
  expect(refused.stderr.split("\n").slice(-6)).toEqual([
    "  · verification: not run before the others hold",
    "  ✔ dependents: nothing names public.users.username",
    `  ✖ approval: not approved by data-team (segue approve ${RENAME_ID} --as data-team)`,
    `Next: settle what is marked ✖, then segue contract ${RENAME_ID}`,
    "SEG0303: a gate is not met (docs/errors/SEG0303.md)",
    "",
  ]);
  expect(refused.stderr).toContain("Refused: 1 of 3 requirements is unmet. Nothing changed.\n");

  const wait = ["status", "rename_username", "--wait", "--for", "contractable", "--timeout"] as const;
  const waited = await segue(where, ...wait, "1s");
  expect(waited.code).toBe(4);
  expect(waited.stderr).toBe(
    [
      "Timed out: not contractable within 1s.",
      `  ${RENAME_ID} is ready (waiting); ✖ approval: not approved by data-team (segue approve ${RENAME_ID} --as data-team)`,
      "Next: segue status",
      "SEG0307: timed out waiting (docs/errors/SEG0307.md)",
      "",
    ].join("\n"),
  );

  const approved = await segue(where, "approve", "rename_username", "--as", "data-team");
  expect(approved.stdout).toMatch(/✔ approval: data-team: tester@|✔ approval: data-team: \S+@/);
  expect(await segue(where, ...wait, "30s")).toMatchObject({ code: 0 });
  expect(await segue(where, "contract", "rename_username", "--yes")).toMatchObject({ code: 0 });
});

describe("--detailed-exitcode", () => {
  test("is 2 while work is left, else 0", async () => {
    const { where } = await shop();
    expect(await segue(where, "check", "--detailed-exitcode")).toMatchObject({ code: 2 });
    expect(await segue(where, "status", "--detailed-exitcode")).toMatchObject({ code: 2 });
    expect(await segue(where, "up", "--detailed-exitcode")).toMatchObject({ code: 2 });
    expect(await segue(where, "up")).toMatchObject({ code: 0, stdout: "Nothing to do: 1 plan.\n" });
    await segue(where, "contract", "rename_username", "--yes");
    expect(await segue(where, "up", "--detailed-exitcode")).toMatchObject({ code: 0 });
    expect(await segue(where, "status", "--detailed-exitcode")).toMatchObject({ code: 0 });
    expect(await segue(where, "check", "--detailed-exitcode")).toMatchObject({ code: 0 });
  });
});

test("up goes through the plans in their order, and no further than it is told", async () => {
  const { where } = await shop();
  write(
    where,
    "plans/20261122101501_email.yaml",
    "operations:\n  - add_column: { table: users, column: email, type: text }\n",
  );

  const expanded = objects(await segue(where, "up", "--to", "expanded", "--json")).filter(
    ({ type }) => type === "result",
  );
  expect(expanded.map(({ plan, state }) => [plan, state])).toEqual([
    [RENAME_ID, "expanded"],
    ["20261122101501_email", "expanded"],
  ]);
  const results = objects(await segue(where, "up", "--to", "ready", "--json")).filter(({ type }) => type === "result");
  expect(results.map(({ plan, state }) => [plan, state])).toEqual([
    [RENAME_ID, "ready"],
    ["20261122101501_email", "completed"],
  ]);
});

test.each([["ready"], ["expanded"]])(
  "up --to %s that is refused at a later plan tells of those before it",
  async (state) => {
    const { database, where } = await shop();
    write(
      where,
      "plans/30000000000000_taken.yaml",
      "operations:\n  - add_column: { table: users, column: id, type: int }\n",
    );
    await database.query("create table other (id int primary key, a text)");
    write(
      where,
      "plans/10000000000000_before.yaml",
      "operations:\n  - rename_column: { table: other, from: a, to: b }\n",
    );

    const text = await segue(where, "up", "--to", state);
    expect(text.code).toBe(3);
    expect(text.stdout).toContain(`10000000000000_before is ${state}`);
    expect(text.stdout).toContain(`${RENAME_ID} is ${state}`);
    expect(text.stderr).toContain(
      " Nothing of this plan ran; 2 plans before it went on, and what comes after it was not tried.\n",
    );

    const again = await segue(where, "up", "--to", state, "--json", "-q");
    expect(again.code).toBe(3);
    expect(objects(again).map(({ type, plan, changed }) => ({ type, plan, changed }))).toEqual([
      { type: "result", plan: "10000000000000_before", changed: false },
      { type: "result", plan: RENAME_ID, changed: false },
      { type: "error", plan: undefined, changed: undefined },
    ]);
    expect(again.stderr).toContain(" Nothing changed.\n");
  },
);

test("verify reads every row, and fails on one that disagrees", async () => {
  const { database, where } = await shop();
  await segue(where, "up");
  expect(await segue(where, "verify", "rename_username")).toMatchObject({
    code: 0,
    stdout: "✔ public.users: 3 rows, 0 mismatches\n",
  });

  // A write that no trigger sees, as a subscription's apply worker makes it.
  await database.query("set session_replication_role = replica; update users set handle = 'x' where id = 1");
  const wrong = await segue(where, "verify", "rename_username");
  expect(wrong.code).toBe(1);
  expect(wrong.stdout).toMatch(/^✖ public\.users: 3 rows, 1 mismatches, such as /);
  expect(wrong.stderr).toContain("Failed: the old and the new shape disagree in public.users. Nothing changed.\n");
});

test("a reversal that would lose rows is refused, and says by which flag it may", async () => {
  const { database, where, columns } = await shop(
    "operations:\n  - create_table: { table: tags, columns: { id: { type: int }, name: { type: text } }, primary_key: [id] }\n",
  );
  await segue(where, "up");
  await database.query("insert into tags values (7, 'new')");

  const refused = await segue(where, "reverse", "rename_username");
  expect(refused).toMatchObject({
    code: 3,
    stderr: [
      "Refused: the reversal would not be exact. Nothing changed.",
      "  rows of public.tags, which the plan created: 1 rows, such as 7",
      `Next: segue reverse ${RENAME_ID} with --drop-data`,
      "SEG0304: the reversal would lose something (docs/errors/SEG0304.md)",
      "",
    ].join("\n"),
  });
  const dry = await segue(where, "reverse", "rename_username", "--dry-run");
  expect(dry.stdout).toContain(
    "  rows of public.tags, which the plan created: 1 rows, such as 7 (needs --drop-data)\n",
  );
  expect(await segue(where, "reverse", "rename_username", "--drop-data")).toMatchObject({ code: 0 });
  expect(await columns()).toEqual(["id", "username"]);
});

test("a failed step says what is left and how to go on, and resume goes on", async () => {
  const { database, where } = await shop(
    "operations:\n  - add_check: { table: users, name: short, check: length(username) < 5 }\n",
  );

  const failed = await segue(where, "up");
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(
    /^Failed: validate .*check constraint "short" of relation "users" is violated by some row\. The steps before it stand, and nothing of this one\.$/m,
  );
  expect(failed.stderr).toContain(
    `\nNext: settle the cause, then segue resume ${RENAME_ID}; or segue reverse ${RENAME_ID}\n`,
  );
  expect(await segue(where, "status", "rename_username", "--wait", "--timeout", "30s")).toMatchObject({ code: 1 });

  await database.query("update users set username = left(username, 4)");
  expect(await segue(where, "resume", "rename_username")).toMatchObject({ code: 0 });
  expect(await segue(where, "resume")).toMatchObject({ code: 0, stdout: "Nothing was interrupted.\n" });
});

test("the server's hint is told beside what to run next, not in its place", async () => {
  const { where } = await shop("operations:\n  - sql: { up: select nope(1), down: select 1 }\n");

  const { code, stderr } = await segue(where, "up");

  expect(code).toBe(1);
  expect(stderr).toMatch(/^ {2}the server's hint: \S/m);
  expect(stderr).toContain(`\nNext: settle the cause, then segue resume ${RENAME_ID}; or segue reverse ${RENAME_ID}\n`);
});

test("plan shows what would run, and saves it; nothing is changed", async () => {
  const { database, where, columns } = await shop();
  const shown = await segue(where, "plan", "rename_username", "--out", "program.json");
  expect(shown.stdout.split("\n").slice(0, 8)).toEqual([
    `${RENAME_ID}: users.username becomes users.handle`,
    "Compiled against this database. Nothing was changed.",
    "",
    expect.stringMatching(/^ {2}public\.users {2}rows unknown \(never analysed\) {2}\d+ kB$/),
    "",
    "expand",
    "  add column public.users.handle text; sync public.users",
    "      ACCESS EXCLUSIVE on public.users; no scan, no rewrite",
  ]);
  expect(shown.stderr).toBe("Saved program.json\n");
  const [plan] = objects(await segue(where, "plan", "rename_username", "--json"));
  expect(plan).toMatchObject({ type: "plan", plan: RENAME_ID, rollout: null, program: { format: 1, plan: RENAME_ID } });
  const script = await segue(where, "plan", "rename_username", "--sql");
  expect(script.stdout).toContain("\nALTER TABLE public.users ADD COLUMN handle text;\n");

  const explained = await segue(where, "plan", "rename_username", "--explain");
  write(where, "explained/1_a.yaml", explained.stdout);
  expect(await segue(where, "check", "--plans", "explained")).toMatchObject({ code: 0 });
  expect(await columns()).toEqual(["id", "username"]);
  expect(await database.query("select to_regnamespace('segue') as journal")).toEqual([{ journal: null }]);
});

test("history tells who did what", async () => {
  const { where } = await shop();
  await segue(where, "expand", "rename_username");

  const events = objects(await segue(where, "history", "rename_username", "--json"));

  expect(events[0]).toMatchObject({ type: "rollout", plan: RENAME_ID, state: "expanded" });
  expect(events.map(({ event }) => event)).toEqual(
    expect.arrayContaining(["planned", "lease taken", "state", "step done"]),
  );
  const text = await segue(where, "history");
  expect(text.stdout).toMatch(/^ {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}\S+ +state +planned → expanding$/m);
});

test("doctor finds what is in the way, and fails then", async () => {
  const { database, where } = await shop();
  expect(await segue(where, "doctor")).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nNo problems\.\n$/) });

  await database.query("create unique index concurrently users_name on users ((1))").catch(() => undefined);
  const found = await segue(where, "doctor");
  expect(found.code).toBe(1);
  expect(found.stdout).toMatch(/✖ invalid indexes +public\.users_name is invalid/);
  expect(found.stdout).toMatch(/\n1 problem\.\n$/);
});

test("a role without rights on the journal is told what it lacks, by every verb and by the doctor", async () => {
  const { database, where } = await shop();
  await segue(where, "up");
  const role = `${database.name}_other`;
  await database.query(`create role ${role} login password 'other'`);
  const url = new URL(database.url);
  [url.username, url.password] = [role, "other"];
  const as = { ...where, env: { ...where.env, DATABASE_URL: url.href } };

  const blind = await segue(as, "status");
  expect(blind.code).toBe(1);
  expect(blind.stderr).toMatch(
    /^Failed: the server said: permission denied for table \w+\. Nothing changed\.\nNext: connect as the role .*\nSEG0207: /,
  );
  expect(await segue(as, "doctor")).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/✖ journal +this role may not read it: .*\n[^✖]*\n1 problem\.\n$/),
  });

  await database.query(`grant select on all tables in schema segue to ${role}`);
  expect(await segue(as, "status")).toMatchObject({ code: 0 });
  expect(await segue(as, "doctor")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/· journal +this role may look at rollouts, not run them/),
  });
  for (const verb of ["pause", "contract"])
    expect(await segue(as, verb, "rename_username")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^SEG0207: /m),
    });
  await database.query(`drop owned by ${role}; drop role ${role}`);
});

test("waiting begins before the first expand has made a journal; a reversed plan is not waited for", async () => {
  const { where } = await shop();
  const waiting = await start(where, "status", "rename_username", "--wait", "--for", "expanded", "--timeout", "90s");
  await waiting.saying("PostgreSQL");
  expect(await segue(where, "expand", "rename_username")).toMatchObject({ code: 0 });
  expect(await waiting.ended).toMatchObject({ code: 0, stdout: expect.stringContaining("state") });

  await segue(where, "reverse", "rename_username");
  expect(await segue(where, "status", "rename_username", "--wait", "--timeout", "90s")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(`Refused: ${RENAME_ID} is reversed: it does not become ready. Nothing changed.\n`),
  });
});

test("a time too short for one look still tells where the plan stands", async () => {
  const { where } = await shop();
  await segue(where, "expand", "rename_username");

  const wait = ["status", "rename_username", "--wait", "--timeout", "1ms"] as const;
  expect(await segue(where, ...wait)).toMatchObject({
    code: 4,
    stderr: expect.stringContaining(`Timed out: not ready within 1ms.\n  ${RENAME_ID} is expanded (waiting)\n`),
  });
  expect(await segue(where, ...wait, "--for", "expanded")).toMatchObject({ code: 0 });
});

test("there must be something to wait for", async () => {
  const { database } = await shop();
  const where = project({ files: { "plans/README.md": "" }, url: database.url });
  expect(await segue(where, "status", "--wait", "--timeout", "90s")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("Refused: there is no plan to wait for. Nothing changed.\n"),
  });
});

describe("a flag beats", () => {
  const PATIENT = RENAME.replace("settings:\n", "settings:\n  lock: { timeout: 100ms, budget: 30s }\n");
  const IMPATIENT = ["--lock-timeout", "50ms", "--lock-budget", "300ms"] as const;
  const gaveUp = { code: 1, stderr: expect.stringContaining(": the lock was not granted within 0.3 s") };

  test("the settings of a plan that begins", async () => {
    const { database, where } = await shop(PATIENT);
    const reader = await database.connect();
    await reader.query("begin; select from users");
    const failed = await segue(where, "expand", "rename_username", ...IMPATIENT);
    expect(failed).toMatchObject(gaveUp);
    expect(failed.stderr).toMatch(
      new RegExp(
        [
          "^Failed: add column public\\.users\\.handle .*: the lock was not granted within 0\\.3 s, in \\d+ attempts.*",
          `Next: wait for the transaction in the way to end.*, then segue resume ${RENAME_ID}$`,
        ].join("\n"),
        "m",
      ),
    );
  });

  test("the settings that a rollout began with, for this one run", async () => {
    const { database, where } = await shop(PATIENT);
    await segue(where, "up");
    const reader = await database.connect();
    await reader.query("begin; select from users");
    expect(await segue(where, "contract", "rename_username", ...IMPATIENT)).toMatchObject(gaveUp);
    await reader.query("commit");
    expect(await segue(where, "contract", "rename_username", "--yes")).toMatchObject({ code: 0 });
  });
});
