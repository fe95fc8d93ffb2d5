import { expect, test } from "vitest";
import { testDatabase } from "../support/postgres.ts";
import { RENAME, RENAME_FILE, RENAME_ID, USERS } from "./plans.ts";
import { objects, project, segue, start } from "./segue.ts";

const files = { [RENAME_FILE]: RENAME };

async function shop(env: Readonly<Record<string, string>> = {}) {
  const database = await testDatabase({ script: USERS });
  return { database, where: project({ files, url: database.url, env }) };
}

test("results go to stdout; what happened on the way, and which database it is, to stderr", async () => {
  const { database, where } = await shop();

  const finished = await segue(where, "expand", "rename_username");

  const { host } = new URL(database.url);
  expect(finished.connection).toMatch(/^postgres:\/\/\S+ \(DATABASE_URL\), PostgreSQL \d+/);
  expect(finished.connection).toContain(`postgres://postgres@${host}/${database.name} `);
  expect(finished.stderr).toMatch(
    new RegExp(`^${RENAME_ID}\n✔ add column public\\.users\\.handle text; sync public\\.users  \\d+ ms\n$`),
  );
  expect(finished).toMatchObject({
    code: 0,
    stdout: [
      `${RENAME_ID} is expanded: the new shape stands and is kept in sync; rows from before are not filled yet. Not yet safe to deploy.`,
      `Next: segue backfill ${RENAME_ID}`,
      "",
    ].join("\n"),
  });
});

test("the connection's line names the environment, and never the password", async () => {
  const { database } = await shop();
  const where = project({
    files: { ...files, "segue.yaml": "environments:\n  staging: { database: { url_env: STAGING_URL } }\n" },
    env: { STAGING_URL: database.url },
  });

  const { connection, stdout, stderr } = await segue(where, "expand", "rename_username", "--env", "staging");

  expect(connection).toContain(" (staging, STAGING_URL), PostgreSQL ");
  expect(stdout).toContain(`Next: segue backfill --env staging ${RENAME_ID}\n`);
  expect((connection ?? "") + stdout + stderr).not.toContain(new URL(database.url).password);
});

test("with --json each line of stdout is an object with a type, a time and the version of the format", async () => {
  const { where } = await shop();

  const finished = await segue(where, "up", "--json");

  const lines = objects(finished);
  for (const line of lines) {
    expect(line).toMatchObject({ schema_version: 1, time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) });
    expect(Object.keys(line).filter((key) => /[A-Z]/.test(key))).toEqual([]);
  }
  const types = new Set(lines.map(({ type }) => type));
  expect([...types]).toEqual(expect.arrayContaining(["lease_taken", "state", "step_started", "step_done", "result"]));
  expect(lines.at(-1)).toEqual({
    type: "result",
    time: expect.any(String),
    schema_version: 1,
    plan: RENAME_ID,
    state: "ready",
    changed: true,
    soak_ends_at: null,
    catalog_restored: null,
    next: `segue contract ${RENAME_ID}`,
  });
  expect(finished.stderr).toBe("");
});

test("status --json has the fields that scripts read", async () => {
  const { where } = await shop();
  await segue(where, "expand", "rename_username");

  expect(objects(await segue(where, "status", "rename_username", "--json"))).toEqual([
    {
      type: "status",
      time: expect.any(String),
      schema_version: 1,
      plan: RENAME_ID,
      state: "expanded",
      phase: "backfill",
      step: "fill public.users (handle)",
      progress: { done: 1, total: expect.any(Number), unit: "steps" },
      workers: 0,
      filled: null,
      health: "waiting",
      reason: null,
      since: null,
      throttle: null,
      throttled_seconds: 0,
      may_run: "old",
      gates: [],
      lease: null,
      soak_ends_at: null,
      next: `segue backfill ${RENAME_ID}`,
      updated_at: expect.any(String),
    },
  ]);
});

test("a plan without a rollout is pending, also where there is no journal", async () => {
  const { where } = await shop();

  const { stdout, code } = await segue(where, "status");

  expect({ stdout, code }).toEqual({
    code: 0,
    stdout: [
      "PLAN                            STATE    PROGRESS  HEALTH   NEXT",
      `${RENAME_ID}  pending  –         waiting  segue expand ${RENAME_ID}`,
      "",
    ].join("\n"),
  });
});

test("-q leaves the connection's line and the result", async () => {
  const { where } = await shop();

  const finished = await segue(where, "expand", "rename_username", "-q");

  expect(finished).toMatchObject({ code: 0, stderr: "", connection: expect.stringContaining("DATABASE_URL") });
  expect(finished.stdout).toContain("is expanded");
});

test("-v logs JSON lines to stderr, without the password", async () => {
  const { database, where } = await shop();

  const finished = await segue(where, "expand", "rename_username", "-v", "--url", database.url);

  const logged = finished.stderr.split("\n").filter((line) => line.startsWith("{"));
  const messages = [...logged, ...(finished.connection ?? "").split("\n")]
    .filter((line) => line.startsWith("{"))
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(messages).toEqual(expect.arrayContaining(["step_started", "step_done", "state"]));
  expect(finished.stdout).not.toContain('"msg"');
  expect(finished.stderr).not.toContain(new URL(database.url).password);
});

test("without a terminal there is no colour, unless FORCE_COLOR asks for it and NO_COLOR does not", async () => {
  const escape = String.fromCharCode(27);
  const plain = await segue(project({ files }), "check");
  const forced = await segue(project({ files, env: { FORCE_COLOR: "1" } }), "check");
  const neither = await segue(project({ files, env: { FORCE_COLOR: "1", NO_COLOR: "1" } }), "check");

  expect(plain.stdout).toBe(`✔ ${RENAME_ID}  users.username becomes users.handle\n1 plan is valid.\n`);
  expect(forced.stdout).toContain(`${escape}[32m✔${escape}[39m`);
  expect(neither.stdout).toBe(plain.stdout);
});

test("a reader that goes away is no crash", async () => {
  const { where } = await shop();
  await segue(where, "up");
  const { child, ended } = await start(where, "history");
  child.stdout.destroy();

  const { stderr, code } = await ended;

  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
});

test("--version, --help and schema are results", async () => {
  const where = project();
  expect(await segue(where, "--version")).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
  expect(await segue(where, "expand", "--help")).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringContaining("Usage: segue expand [options] <plan>"),
  });
  const { stdout } = await segue(where, "schema");
  expect(JSON.parse(stdout)).toMatchObject({ title: "Segue plan", type: "object" });
});

test("without a command the help stands on stderr, and nothing happened", async () => {
  const finished = await segue(project());
  expect(finished).toMatchObject({ code: 64, stdout: "", stderr: expect.stringMatching(/^Usage: segue /) });
});

test("a suggested command has the flags that chose the database and the plans", async () => {
  const { database } = await shop();
  const where = project({ files: { [RENAME_FILE.replace("plans/", "my plans/")]: RENAME } });
  const flags = ["--url", database.url, "--plans", "my plans"];

  const { stdout } = await segue(where, "expand", "rename_username", ...flags);

  expect(stdout).toContain(`Next: segue backfill --url … --plans 'my plans' ${RENAME_ID}\n`);
});
