import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { serverBinaries } from "../../../src/demo/server-binaries.ts";
import { startServer } from "../../../src/demo/server.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const built = join(root, "dist/demo/server.js");
const settings = { fsync: "off" };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-server-test-"));
  // Left open, so that the unprivileged account of a server that root starts can enter.
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => done(true)).on("error", () => done(false));
    socket.on("connect", () => socket.destroy());
  });

describe("a server", () => {
  test("answers with its settings, and stops without a trace", async () => {
    const server = await startServer({ settings: { ...settings, application_name: "it's \\ odd" } });
    expect(await query(server.url, "show application_name")).toEqual([{ application_name: "it's \\ odd" }]);
    expect(server.major).toBe(18);
    await expect(query(server.url.replace(/:\w+@/, ":guessed@"), "select 1")).rejects.toThrow(
      "password authentication",
    );
    await server.stop();
    await server.stop();
    expect(existsSync(server.directory)).toBe(false);
    expect(await accepts(server.port)).toBe(false);
  });

  test("keeps its data and its port over a restart, and over a crash", async () => {
    const server = await startServer({ settings });
    await query(server.url, "create table kept as select 1 as one");
    await server.restart();
    await server.restart("immediate");
    expect(await query(server.url, "select * from kept")).toEqual([{ one: 1 }]);
    await server.stop("immediate");
    expect(existsSync(server.directory)).toBe(false);
  });

  test("lives in a folder with a space in its path", async () => {
    const directory = join(folder, "ein Ordner ü");
    const server = await startServer({ settings, directory });
    expect(server.directory).toBe(directory);
    expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
    await server.stop();
    expect(existsSync(directory)).toBe(false);
  });

  test("refuses a folder that is there already, and leaves it alone", async () => {
    await expect(startServer({ directory: folder })).rejects.toThrow("EEXIST");
    expect(existsSync(folder)).toBe(true);
  });

  test("says what the server said when the port is taken, and leaves nothing", async () => {
    const first = await startServer({ settings });
    const directory = join(folder, "second");
    await expect(startServer({ settings, port: first.port, directory })).rejects.toThrow("Address already in use");
    expect(existsSync(directory)).toBe(false);
    expect(await query(first.url, "select 1 as one")).toEqual([{ one: 1 }]);
    await first.stop();
  });

  test("says what the server said when a setting is wrong", async () => {
    await expect(startServer({ settings: { work_mem: "plenty" } })).rejects.toThrow(
      'invalid value for parameter "work_mem"',
    );
  });
});

describe("binaries without the links of npm's install script, in a folder with a space in its path", () => {
  test.each([
    { kind: "an open", mode: 0o755, copied: false },
    // Only root's server runs under another account, which can't enter.
    { kind: "a private", mode: 0o700, copied: process.getuid?.() === 0 },
  ])("run from $kind folder", async ({ mode, copied }) => {
    const prefix = join(folder, "some home", "native");
    await mkdir(dirname(prefix), { mode });
    const { postgres } = await serverBinaries();
    await cp(dirname(dirname(postgres)), prefix, {
      recursive: true,
      filter: (path) => !/\.a$|\/lib\/lib(icu|pq).*\.so(\.\d+)?$/.test(path),
    });
    const server = await startServer({
      settings,
      binaries: { initdb: join(prefix, "bin/initdb"), postgres: join(prefix, "bin/postgres") },
    });
    expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
    expect(existsSync(join(server.directory, "native"))).toBe(copied);
    await server.stop();
  });
});

// Needs JavaScript, which `npm test` builds first.
describe.skipIf(!existsSync(built))("a server whose owner ends", () => {
  test.each(["SIGKILL", "SIGINT", "exit"] as const)("by %s ends too, and its data go", async (end) => {
    const directory = join(folder, "orphan");
    const script = `
      const { startServer } = await import(${JSON.stringify(pathToFileURL(built).href)});
      const server = await startServer({ directory: ${JSON.stringify(directory)}, settings: { fsync: "off" } });
      process.stdout.write(server.port + "\\n");
      ${end === "exit" ? "" : "setInterval(() => {}, 1000);"}`;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(owner.stdout, "data")) as [Buffer];
    const port = Number(line.toString());
    if (end !== "exit") owner.kill(end);
    await vi.waitFor(() => expect(existsSync(directory)).toBe(false), { timeout: 20_000, interval: 20 });
    expect(await accepts(port)).toBe(false);
  });
});

test("a missing package is an error that says how to get it", async () => {
  await expect(serverBinaries({ package: "embedded-postgres-of-nobody" })).rejects.toMatchObject({
    code: "SEG0503",
    next: "npm install embedded-postgres-of-nobody",
  });
});
