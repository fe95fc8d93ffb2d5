import { fileURLToPath } from "node:url";
import { describe, vi } from "vitest";
import { createSegue, type PartialSettings, type Segue } from "../../src/index.ts";
import { openSession } from "../../src/postgres/session.ts";
import { type Snapshot, snapshotCatalog } from "../../src/postgres/snapshot.ts";
import { pagilaScript } from "./pagila.ts";
import { MAJORS, testDatabase, type TestDatabase } from "./postgres.ts";

/** A Pagila of a test's own. */
export interface Pagila extends TestDatabase {
  /** A Segue on it, with the plans of a folder in test/pagila. Each call of a verb connects and disconnects. */
  segue(settings?: PartialSettings, folder?: "plans" | "first-tries"): Segue;
  snapshot(): Promise<Snapshot>;
}

/** Tests on Pagila, for each major; skipped where its script is not at hand. */
export function describePagila(title: string, tests: (major: number) => void): void {
  // A life goes through dozens of steps, each with its locks, checks and journal entries.
  vi.setConfig({ testTimeout: 300_000 });
  const missing = pagilaScript() === null;
  const reason = missing ? " (skipped: there is no pagila.sql)" : "";
  describe.skipIf(missing).each(MAJORS)(`${title} on PostgreSQL %i${reason}`, (major) => {
    tests(major);
  });
}

/** A clone of Pagila; call it only where `pagilaScript()` is not null. */
export async function pagilaDatabase(major: number): Promise<Pagila> {
  const script = pagilaScript();
  if (script === null) throw new Error("Pagila's script is not at hand");
  const database = await testDatabase({ major, template: { name: "pagila", script } });
  return {
    ...database,
    segue: (settings = {}, folder = "plans") =>
      createSegue({
        url: database.url,
        plans: fileURLToPath(new URL(`../pagila/${folder}`, import.meta.url)),
        env: {},
        actor: "test",
        settings,
      }),
    snapshot: async () => {
      const session = await openSession({ connectionString: database.url }, { applicationName: "snapshot" });
      try {
        return await snapshotCatalog(session, {});
      } finally {
        await session.close();
      }
    },
  };
}
