import { createSegue, type PartialSettings, type Segue } from "../../src/index.ts";
import { openSession } from "../../src/postgres/session.ts";
import { type Snapshot, snapshotCatalog } from "../../src/postgres/snapshot.ts";
import { pagilaScript } from "./pagila.ts";
import { testDatabase, type TestDatabase } from "./postgres.ts";

/** The plans that are run on Pagila, one folder for all tests. */
const PLANS = new URL("../pagila/plans/", import.meta.url).pathname;

/** A Pagila of a test's own. */
export interface Pagila extends TestDatabase {
  /** A Segue on it; each call of a verb connects and disconnects. */
  segue(settings?: PartialSettings): Segue;
  snapshot(): Promise<Snapshot>;
}

/** A clone of Pagila; call it only where `pagilaScript()` is not null. */
export async function pagilaDatabase(major: number): Promise<Pagila> {
  const script = pagilaScript();
  if (script === null) throw new Error("Pagila's script is not at hand");
  const database = await testDatabase({ major, template: { name: "pagila", script } });
  return {
    ...database,
    segue: (settings = {}) => createSegue({ url: database.url, plans: PLANS, config: undefined, env: {}, actor: "test", settings }),
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
