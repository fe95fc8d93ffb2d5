import { expect, test } from "vitest";
import { readServer, requirePrimary, requireSupported, type Server } from "../../../src/postgres/server.ts";
import { openSession } from "../../../src/postgres/session.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";

test.each(MAJORS)("describes a server of major %i, and what the role may do", async (major) => {
  const database = await testDatabase({ major });
  const role = `${database.name}_plain`;
  await database.query(`create role ${role}`);
  const session = await openSession({ connectionString: database.url }, { applicationName: "segue" });
  try {
    const server = await readServer(session);
    expect(server).toMatchObject({
      major,
      inRecovery: false,
      superuser: true,
      canSetReplicationRole: true,
      deadlockTimeout: 1_000,
      database: database.name,
    });
    expect(server.version).toMatch(new RegExp(`^${major}\\.`));
    expect(server.maxConnections).toBeGreaterThan(0);
    expect(() => requirePrimary(server)).not.toThrow();

    await session.query(`SET ROLE ${role}`);
    const plain = { superuser: false, canSetReplicationRole: false, currentUser: role };
    expect(await readServer(session)).toMatchObject(plain);
    await session.query("RESET ROLE");
    if (major >= 15) {
      await session.query(`GRANT SET ON PARAMETER session_replication_role TO ${role}`);
      await session.query(`SET ROLE ${role}`);
      expect(await readServer(session)).toMatchObject({ ...plain, canSetReplicationRole: true });
      await session.query("RESET ROLE");
      await session.query(`REVOKE SET ON PARAMETER session_replication_role FROM ${role}`);
    }
    const { rows } = await session.query("SELECT current_setting('session_replication_role') AS value");
    expect(rows).toEqual([{ value: "origin" }]);
  } finally {
    await session.close();
    await database.query(`drop role ${role}`);
  }
});

const server: Server = {
  major: 18,
  version: "18.1",
  inRecovery: false,
  superuser: false,
  canSetReplicationRole: false,
  deadlockTimeout: 1_000,
  maxConnections: 100,
  currentUser: "ann",
  database: "shop",
};

test("a standby is refused", () => {
  expect(() => requirePrimary({ ...server, inRecovery: true })).toThrow(expect.objectContaining({ code: "SEG0203" }));
});

test("a major version before 14 is refused", () => {
  expect(() => requireSupported({ major: 14, version: "14.0" })).not.toThrow();
  expect(() => requireSupported({ major: 13, version: "13.22" })).toThrow(
    expect.objectContaining({ code: "SEG0204", message: "The server is PostgreSQL 13.22; Segue needs 14 or newer" }),
  );
});
