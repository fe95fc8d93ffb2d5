import { expect, onTestFinished, test } from "vitest";
import { detectPooler, requireDirect } from "../../../src/postgres/pooler.ts";
import { openSession } from "../../../src/postgres/session.ts";
import { type Pooler, startPooler } from "../../support/pooler.ts";
import { type TestDatabase, testDatabase } from "../../support/postgres.ts";

async function pooled(
  mode: "session" | "transaction",
  size?: number,
): Promise<{ database: TestDatabase; pooler: Pooler }> {
  const database = await testDatabase();
  const pooler = await startPooler(database.url, mode, size);
  onTestFinished(() => pooler.close());
  return { database, pooler };
}

test("a direct connection is told as such", async () => {
  const database = await testDatabase();
  expect(await detectPooler({ connectionString: database.url })).toBe("none");
});

test.each([1, 3])("a pooler in transaction mode with %i server connections is found", async (size) => {
  const { pooler } = await pooled("transaction", size);
  expect(await detectPooler({ connectionString: pooler.url })).toBe("transaction");
});

test.each([1, 3])("a pooler in session mode with %i server connections is found, and harmless", async (size) => {
  const { pooler } = await pooled("session", size);
  expect(await detectPooler({ connectionString: pooler.url }, 500)).toBe("session");
});

test("no server is SEG0201", async () => {
  await expect(detectPooler({ host: "localhost", port: 1 })).rejects.toMatchObject({ code: "SEG0201" });
});

test("only a pooler in transaction mode is refused, with the setting to change", () => {
  expect(() => requireDirect("none")).not.toThrow();
  expect(() => requireDirect("session")).not.toThrow();
  expect(() => requireDirect("transaction")).toThrow(
    expect.objectContaining({ code: "SEG0202", next: expect.stringContaining("pool_mode = session") }),
  );
});

test("through a pooler in transaction mode no setting is left on the application's server connection", async () => {
  const { pooler } = await pooled("transaction", 1);
  const session = await openSession({ connectionString: pooler.url }, { applicationName: "segue" });
  const path = async () => (await session.query("SELECT current_setting('search_path') AS path")).rows;
  expect(session.pooled).toBe(true);
  expect(await path()).toEqual([{ path: '"$user", public' }]);
  expect(await session.transaction(path, "BEGIN READ ONLY")).toEqual([{ path: "pg_catalog, pg_temp" }]);
  expect(await path()).toEqual([{ path: '"$user", public' }]);
  await session.close();
});

test("through a pooler that is known to be in session mode the settings hold", async () => {
  const { pooler } = await pooled("session");
  const options = { applicationName: "segue", pooler: "session" } as const;
  const session = await openSession({ connectionString: pooler.url }, options);
  expect(session.pooled).toBe(false);
  const { rows } = await session.query("SELECT current_setting('search_path') AS path, pg_backend_pid() AS pid");
  expect(rows).toEqual([{ path: "pg_catalog, pg_temp", pid: session.pid }]);
  await session.close();
});
