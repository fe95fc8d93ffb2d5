import type pg from "pg";
import { expect, onTestFinished } from "vitest";
import { installJournal } from "../../src/journal/install.ts";
import { relationKey } from "../../src/model/relation.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import { ROW } from "../../src/model/step.ts";
import { readCatalog } from "../../src/postgres/read-catalog.ts";
import { openSession, type Session } from "../../src/postgres/session.ts";
import { ident, parseTableName, qualified } from "../../src/sql/identifier.ts";
import { loadParser } from "../../src/sql/parser.ts";
import { fill } from "../../src/steps/fill.ts";
import type { Draft, LowerContext } from "../../src/steps/step-kind.ts";
import { sync } from "../../src/steps/sync.ts";
import type { SyncFields } from "../../src/steps/sync-pairs.ts";
import { testDatabase, type TestDatabase } from "../support/postgres.ts";

const PLAN = "1_test";

export interface SyncedOptions {
  readonly major: number;
  /** Makes the table in its old shape, its rows, and the new columns. */
  readonly script: string;
  readonly sync: SyncFields;
  /** Entries of contract that hide columns: the sync then has a cut-over. */
  readonly contract?: LowerContext["entries"];
}

export interface SyncedTable {
  readonly database: TestDatabase;
  /** The application's session. */
  readonly app: pg.Client;
  /** Rows of a query of the application. */
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Runs what the compiler runs at `ready`. */
  ready(): Promise<void>;
  cutover(also?: string): Promise<void>;
  /** The pass of the backfill over existing rows, in a session of its own. Returns the number of rows filled. */
  fill(): Promise<number>;
  /** Rows on which the verification finds that the two shapes disagree. */
  mismatches(): Promise<number>;
  witnesses(): Promise<string[]>;
  quarantined(): Promise<{ key: unknown; sqlstate: string }[]>;
}

/** A table with its sync live, as the steps of a rollout install it, and the journal of a rollout in its backfill. */
export async function syncedTable(options: SyncedOptions): Promise<SyncedTable> {
  await loadParser();
  const database = await testDatabase({ major: options.major, script: options.script });
  const session = await openSession({ connectionString: database.url }, { applicationName: "segue" });
  onTestFinished(() => session.close());
  await installJournal(session);
  await session.query(
    `INSERT INTO segue.rollout (plan, plan_hash, plan_content, program, touches, state, epoch, actor, tool_version)
     VALUES ($1, '', '{}', '{}', '[]', 'backfilling', 1, 'test', '0')`,
    [PLAN],
  );
  const name = parseTableName(options.sync.table, "public");
  const questions = sync.questions?.(options.sync, "public") ?? [];
  const catalog = await readCatalog(session, { tables: [name], schemas: [], defaultSchema: "public", questions });
  const entries = [
    { phase: "expand" as const, spec: { kind: "sync", fields: { ...options.sync } } },
    ...(options.contract ?? []),
  ];
  const context: LowerContext = { catalog, phase: "expand", settings: DEFAULT_SETTINGS, plan: PLAN, entries };
  const lowered = sync.lower(options.sync, context);
  const run = (drafts: readonly Draft[] = [], also = ""): Promise<void> => execute(session, drafts, also);
  await run(lowered.expand);

  const app = await database.connect();
  return {
    database,
    app,
    query: async (sql, values) => (await app.query(sql, values)).rows,
    ready: () => run(lowered.ready),
    cutover: (also) => run(lowered.cutover, also),
    fill: async () => {
      const drafts = fill.lower({ table: options.sync.table }, { ...context, phase: "backfill" }).backfill ?? [];
      const [step] = drafts;
      if (step?.kind !== "fill") throw new Error("no fill");
      const set = step.set.map(({ column, value }) => `${ident(column)} = ${value}`).join(", ");
      const result = await session.transaction(async () => {
        await session.query("SET LOCAL search_path = public, pg_temp");
        await session.query("SET LOCAL segue.filling = '1_test'");
        return await session.query(`UPDATE ${qualified(name)} AS ${ROW} SET ${set} WHERE ${step.where}`);
      });
      return result.rowCount ?? 0;
    },
    mismatches: async () => {
      const [verification] = lowered.verify ?? [];
      if (verification === undefined) throw new Error("no verification");
      const { rows } = await session.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM ${qualified(verification.table)} AS ${ROW} WHERE coalesce(${verification.mismatch}, true)`,
      );
      return rows[0]?.n ?? -1;
    },
    witnesses: async () => {
      const rows = await database.query<{ kind: string }>("SELECT kind FROM segue.witness ORDER BY id");
      return rows.map(({ kind }) => kind);
    },
    quarantined: () =>
      database.query(
        "SELECT row_key AS key, sqlstate FROM segue.quarantine WHERE schema_name || '.' || table_name = $1 AND state = 'open' ORDER BY id",
        [relationKey(name)],
      ),
  };
}

async function execute(session: Session, drafts: readonly Draft[], also: string): Promise<void> {
  for (const draft of drafts) {
    if (draft.kind !== "transaction") throw new Error(`${draft.kind} is no part of a sync`);
    await session.transaction(async () => {
      await session.query("SET LOCAL search_path = public, pg_temp");
      for (const statement of draft.statements) await session.query(statement);
      if (also !== "") await session.script(also);
    });
  }
}

/** The error that a query fails with. */
export async function sqlstateOfQuery(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => expect.unreachable("the query succeeds"),
    (reason: { code?: string }) => reason,
  );
  return error.code ?? JSON.stringify(error);
}
