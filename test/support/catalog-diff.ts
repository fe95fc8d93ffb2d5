import { openSession } from "../../src/postgres/session.ts";
import { snapshotCatalog, type Snapshot } from "../../src/postgres/snapshot.ts";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import { testDatabase, type TestDatabase } from "./postgres.ts";

/** The user's part of a database's catalog, as it is now. */
export async function catalogOf(database: TestDatabase): Promise<Snapshot> {
  const session = await openSession({ connectionString: database.url }, { applicationName: "snapshot" });
  try {
    return await snapshotCatalog(session, {});
  } finally {
    await session.close();
  }
}

/** What differs between a catalog as it was and as it is, a line each. */
export async function catalogDifference(before: Snapshot, database: TestDatabase): Promise<readonly string[]> {
  return diffSnapshots(before, await catalogOf(database)).map(String);
}

/** The catalog that plain DDL makes of a schema: what a finished rollout must come to as well. */
export async function catalogAfter(major: number, ...scripts: readonly string[]): Promise<Snapshot> {
  const database = await testDatabase({ major });
  for (const script of scripts) await database.query(script);
  return await catalogOf(database);
}

/** What a reversal must not leave in the journal's own schema: functions and triggers of syncs. */
export async function leftBehind(database: TestDatabase): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    `select 'function ' || p.oid::regprocedure as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'segue' and p.proname like 'sync%'
     union all select 'trigger ' || tgname from pg_trigger where tgname like '%segue%' and tgrelid::regclass::text not like 'segue.%'
     union all select 'column ' || attrelid::regclass || '.' || attname from pg_attribute join pg_class c on c.oid = attrelid
      where attname like 'segue\\_%' and not attisdropped and c.relkind in ('r', 'p')
     union all select 'schema ' || nspname from pg_namespace where nspname = 'segue_hidden'`,
  );
  return rows.map((row) => row.name);
}
