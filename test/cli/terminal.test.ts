import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Io } from "../../src/cli/io.ts";
import { runCli } from "../../src/cli/run-cli.ts";
import { testDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { RENAME, RENAME_FILE, RENAME_ID, USERS } from "./plans.ts";
import { project, segue } from "./segue.ts";

/** A terminal, as the command line sees it: what is typed, and all that was written. */
function terminal(env: Readonly<Record<string, string>>, cwd: string) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true }) as unknown as Io["stdin"] & PassThrough;
  let written = "";
  const stream = () =>
    Object.assign(new PassThrough(), { isTTY: true, columns: 100 }).on("data", (chunk: Buffer) => {
      written += chunk.toString();
    });
  const [stdout, stderr] = [stream(), stream()];
  const io: Io = { stdin, stdout, stderr, env: { TERM: "xterm", NO_COLOR: "1", ...env }, cwd, isClosed: () => false };
  return { io, type: (text: string) => stdin.write(text), written: () => written };
}

const QUESTION = "Drop the old shape of rename_username? This can't be taken back. [y/N] ";

async function soaking(env: Readonly<Record<string, string>> = {}) {
  const database = await testDatabase({ script: USERS });
  const where = project({ files: { [RENAME_FILE]: RENAME }, url: database.url });
  expect(await segue(where, "up")).toMatchObject({ code: 0 });
  const screen = terminal({ ...where.env, ...env }, where.folder);
  const columns = async (): Promise<number> =>
    (
      await database.query(
        "select from pg_attribute where attrelid = 'users'::regclass and attnum > 0 and not attisdropped",
      )
    ).length;
  return { screen, columns };
}

describe("the drop", () => {
  test("is asked about on a terminal, and done on a yes", async () => {
    const { screen, columns } = await soaking();
    const code = runCli(["contract", "rename_username"], screen.io);
    await until(async () => screen.written().includes(QUESTION));
    expect(await columns()).toBe(3);
    screen.type("y\n");
    expect(await code).toBe(0);
    expect(screen.written()).toContain(`${RENAME_ID} is completed`);
    expect(await columns()).toBe(2);
  });

  test("is left on anything else", async () => {
    const { screen, columns } = await soaking();
    const code = runCli(["contract", "rename_username"], screen.io);
    await until(async () => screen.written().includes(QUESTION));
    screen.type("\n");
    expect(await code).toBe(3);
    expect(screen.written()).toContain(`Next: segue contract ${RENAME_ID} --yes drops it`);
    expect(await columns()).toBe(3);
  });

  test("is left on Ctrl-C, which is an interruption", async () => {
    const { screen, columns } = await soaking();
    const code = runCli(["contract", "rename_username"], screen.io);
    await until(async () => screen.written().includes(QUESTION));
    screen.type("\u0003");
    expect(await code).toBe(130);
    expect(await columns()).toBe(3);
  });

  test.each([
    ["with CI set", ["contract", "rename_username"], { CI: "true" }],
    ["with --no-input", ["contract", "rename_username", "--no-input"], {}],
  ])("is never asked about %s", async (_, args, env) => {
    const { screen, columns } = await soaking(env);
    expect(await runCli(args, screen.io)).toBe(3);
    expect(screen.written()).not.toContain("[y/N]");
    expect(screen.written()).toContain("--yes drops it");
    expect(await columns()).toBe(3);
  });
});

test("lines are drawn anew on a terminal, and never on a dumb one", async () => {
  const database = await testDatabase({ script: USERS });
  const plan = "operations:\n  - sql: { up: select pg_sleep(1), down: select 1 }\n";
  const where = project({ files: { "plans/1_a.yaml": plan, "plans/2_b.yaml": plan }, url: database.url });
  const [smart, dumb] = [terminal(where.env, where.folder), terminal({ ...where.env, TERM: "dumb" }, where.folder)];
  const escape = String.fromCharCode(27);

  expect(await runCli(["up", "a"], smart.io)).toBe(0);
  expect(smart.written()).toMatch(/\n… select pg_sleep\(1\) {2}[\d.]+ m?s\n/);
  expect(smart.written()).toContain(`${escape}[1A\r${escape}[J`);
  expect(smart.written()).toMatch(/✔ select pg_sleep\(1\) {2}1\.\d s\n/);

  expect(await runCli(["up", "b"], dumb.io)).toBe(0);
  expect(dumb.written()).not.toContain(escape);
});
