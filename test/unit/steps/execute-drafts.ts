import { expect } from "vitest";
import type { Catalog } from "../../../src/model/catalog.ts";
import { LOCK_MODES, type LockMode, type TableLock } from "../../../src/model/lock.ts";
import { relationKey, type RelationName } from "../../../src/model/relation.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import { type Probe, ROW, type UndoStep } from "../../../src/model/step.ts";
import type { Phase } from "../../../src/model/phase.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import { openSession, type Session } from "../../../src/postgres/session.ts";
import { ident, qualified } from "../../../src/sql/identifier.ts";
import type { Draft, Lowered, StepKind } from "../../../src/steps/step-kind.ts";
import type { TestDatabase } from "../../support/postgres.ts";

const databases = new WeakMap<Session, TestDatabase>();

/** Runs `work` in a session as a runner has it: unqualified names live in `public`. */
export async function withSession<T>(database: TestDatabase, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(
    { connectionString: database.url },
    { applicationName: "test", settings: { search_path: "public" } },
  );
  try {
    databases.set(session, database);
    return await work(session);
  } finally {
    await session.close();
  }
}

/** The tables of `public` and their partitions, as compilation reads them. */
export async function publicCatalog(session: Session): Promise<Catalog> {
  const { rows } = await session.query<RelationName>(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'f')`,
  );
  return readCatalog(session, { tables: rows, schemas: [], defaultSchema: "public", questions: [] });
}

/** What the fields of an entry become in a phase, against the catalog that stands. */
export async function lowered<F>(session: Session, step: StepKind<F>, phase: Phase, fields: unknown): Promise<Lowered> {
  const catalog = await publicCatalog(session);
  return step.lower(step.fields.parse(fields), {
    catalog,
    phase,
    plan: "1_test",
    settings: DEFAULT_SETTINGS,
    entries: [],
  });
}

/**
 * Runs steps one after the other, as a runner does, and checks that what they lock is what they say. `look` is called in
 * each transaction, once its statements are done.
 */
export async function execute(
  session: Session,
  steps: readonly (Draft | UndoStep)[],
  look: (step: Extract<Draft | UndoStep, { kind: "transaction" }>) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  for (const step of steps) {
    if (step.kind === "fill" || step.kind === "rows") throw new Error(`a ${step.kind} step is not run here`);
    if (step.kind === "concurrent") {
      if (step.probe.expect === "index absent" && (await holds(session, step.probe))) continue;
      await session.query(step.statement);
      expect(await holds(session, step.probe), step.title).toBe(true);
      continue;
    }
    const relations = await relationKeys(session);
    await expectLockedFromAbove(session, step, relations);
    await session.transaction(async () => {
      for (const statement of step.statements) await session.query(statement);
      await look(step);
      const held = await locksHeld(session, relations);
      const said = strongest(step.locks.filter(({ relation }) => relations.tables.has(relationKey(relation))));
      // An undo that finds nothing left to drop takes fewer locks than it says.
      const compared = "undo" in step ? said : new Map([...said].filter(([key]) => held.has(key)));
      if (step.locks.length > 0) expect(Object.fromEntries(held), step.title).toEqual(Object.fromEntries(compared));
    });
  }
}

/** The same with fills among the steps: each is one UPDATE here. */
export async function executeWithFills(
  session: Session,
  steps: readonly (Draft | UndoStep)[],
  look?: Parameters<typeof execute>[2],
): Promise<void> {
  for (const step of steps) {
    if (step.kind !== "fill") {
      await execute(session, [step], look);
      continue;
    }
    const set = step.set.map(({ column, value }) => `${ident(column)} = ${value}`).join(", ");
    await session.transaction(async () => {
      await session.query("SET LOCAL segue.filling = '1_test'");
      await session.query(`UPDATE ${qualified(step.table)} AS ${ROW} SET ${set} WHERE ${step.where}`);
    });
  }
}

/** Takes steps back, the last one first. */
export async function undo(session: Session, drafts: readonly Draft[]): Promise<void> {
  for (const draft of drafts.toReversed()) await execute(session, draft.undo);
}

/** After each number of steps from none to all, the way back leads to the very catalog that stood before. */
export async function expectReversible(session: Session, drafts: readonly Draft[]): Promise<void> {
  const before = await snapshot(session);
  for (let count = 1; count <= drafts.length; count += 1) {
    const run = drafts.slice(0, count);
    await execute(session, run);
    await undo(session, run);
    expect(await snapshot(session), `after ${count} of ${drafts.length} steps: ${run.at(-1)?.title ?? ""}`).toEqual(
      before,
    );
  }
}

/** The schema's columns, indexes, constraints and comments. */
export async function snapshot(session: Session): Promise<readonly string[]> {
  const { rows } = await session.query<{ line: string }>(`
    SELECT format('column %s.%s %s not null %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull) AS line
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT format('index %s valid %s %s', pg_get_indexdef(i.indexrelid), i.indisvalid, obj_description(i.indexrelid, 'pg_class'))
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('constraint %s of %s: %s valid %s inherited %s %s', conname, conrelid::regclass, pg_get_constraintdef(oid), convalidated, coninhcount,
                  obj_description(oid, 'pg_constraint'))
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('attached %s to %s', inhrelid::regclass, inhparent::regclass) FROM pg_inherits
    UNION ALL
    SELECT format('trigger on %s for %s', t.tgrelid::regclass, t.tgfoid::regproc) FROM pg_trigger t
    ORDER BY line`);
  return rows.map(({ line }) => line);
}

async function holds(session: Session, probe: Probe): Promise<boolean> {
  if (probe.expect === "unknown") return true;
  const { rows } = await session.query<{ valid: boolean }>(
    `SELECT i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2`,
    [probe.index.schema, probe.index.name],
  );
  return probe.expect === "index absent" ? rows.length === 0 : rows[0]?.valid === true;
}

interface Relations {
  readonly byOid: ReadonlyMap<number, string>;
  readonly tables: ReadonlySet<string>;
  /** Table or partition → what it is a partition of. */
  readonly parents: ReadonlyMap<string, string>;
}

/** Read before a step: what it drops has no name afterwards. */
async function relationKeys(session: Session): Promise<Relations> {
  const { rows } = await session.query<{ oid: number; key: string }>(
    "SELECT oid, relnamespace::regnamespace::text || '.' || relname AS key FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
  );
  const byOid = new Map(rows.map(({ key, oid }) => [oid, key]));
  const { rows: inherits } = await session.query<{ child: number; parent: number }>(
    "SELECT inhrelid AS child, inhparent AS parent FROM pg_inherits",
  );
  return {
    byOid,
    tables: new Set(byOid.values()),
    parents: new Map(inherits.map(({ child, parent }) => [byOid.get(child) ?? "", byOid.get(parent) ?? ""])),
  };
}

/**
 * While a writer has a table, a step that waits for it holds none of its partitions: writers lock the table first, and one
 * that went on to the partition would be in a deadlock with it.
 */
async function expectLockedFromAbove(
  session: Session,
  step: Extract<Draft | UndoStep, { kind: "transaction" }>,
  relations: Relations,
): Promise<void> {
  const { parents } = relations;
  const roots = step.locks
    .filter(({ mode }) => stopsWriters(mode))
    .map(({ relation }) => relationKey(relation))
    .filter((key) => !parents.has(key) && [...parents.values()].includes(key));
  const database = databases.get(session);
  if (roots.length === 0 || database === undefined) return;
  const { rows } = await session.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const pid = rows[0]?.pid ?? 0;
  const writer = await openSession({ connectionString: database.url }, { applicationName: "writer", settings: {} });
  for (const root of roots) {
    await writer.script(`BEGIN; LOCK TABLE ONLY ${root.split(".").map(ident).join(".")} IN ROW EXCLUSIVE MODE`);
    const life = { over: false };
    const rolledBack = new Error("rolled back");
    const attempt = session
      .transaction(async () => {
        for (const statement of step.statements) await session.query(statement);
        throw rolledBack;
      })
      .catch((error: unknown) => error)
      .finally(() => {
        life.over = true;
      });
    const waits = async (): Promise<boolean> =>
      (await writer.query("SELECT FROM pg_locks WHERE pid = $1 AND NOT granted", [pid])).rowCount === 1;
    while (!life.over && !(await waits()));
    const held = life.over ? new Map<string, LockMode>() : await locksHeld(writer, relations, pid);
    await writer.query("SELECT pg_cancel_backend($1)", [pid]);
    await attempt;
    await writer.query("ROLLBACK");
    const below = [...held].filter(
      ([key, mode]) => rootOf(parents, key) === root && key !== root && stopsWriters(mode),
    );
    expect(below, `${step.title} waits for ${root}`).toEqual([]);
  }
  await writer.close();
}

function stopsWriters(mode: LockMode): boolean {
  return LOCK_MODES.indexOf(mode) > LOCK_MODES.indexOf("SHARE UPDATE EXCLUSIVE");
}

function rootOf(parents: ReadonlyMap<string, string>, key: string): string {
  const parent = parents.get(key);
  return parent === undefined ? key : rootOf(parents, parent);
}

/** What a session holds: the one that asks, or the one of the process named. */
async function locksHeld(session: Session, relations: Relations, pid?: number): Promise<ReadonlyMap<string, LockMode>> {
  const { rows } = await session.query<{ oid: number; mode: string }>(
    "SELECT relation AS oid, mode FROM pg_locks WHERE pid = coalesce($1, pg_backend_pid()) AND locktype = 'relation' AND granted",
    [pid ?? null],
  );
  return strongest(
    rows.flatMap(({ mode, oid }) => {
      const key = relations.byOid.get(oid);
      const words = mode
        .replace(/Lock$/, "")
        .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
        .toUpperCase();
      const [schema = "", ...name] = (key ?? "").split(".");
      return key === undefined ? [] : [{ relation: { schema, name: name.join(".") }, mode: words as LockMode }];
    }),
  );
}

/** The strongest mode a table; ACCESS SHARE stops nobody but those who stop everybody, and is left out. */
function strongest(locks: readonly TableLock[]): ReadonlyMap<string, LockMode> {
  const found = new Map<string, LockMode>();
  for (const { mode, relation } of locks) {
    const key = relationKey(relation);
    const known = found.get(key);
    if (mode === "ACCESS SHARE") continue;
    if (known === undefined || LOCK_MODES.indexOf(mode) > LOCK_MODES.indexOf(known)) found.set(key, mode);
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The SQL of steps: one text for a concurrent step, a list for a transaction. */
export function statementsOf(steps: readonly (Draft | UndoStep)[]): readonly (string | readonly string[])[] {
  return steps.map((step) => {
    switch (step.kind) {
      case "concurrent":
        return step.statement;
      case "transaction":
        return step.statements;
      case "fill":
      case "rows":
        return [];
      default:
        return step satisfies never;
    }
  });
}
