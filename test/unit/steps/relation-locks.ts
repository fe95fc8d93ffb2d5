import { expect } from "vitest";
import { LOCK_MODES, type LockMode } from "../../../src/model/lock.ts";
import { relationKey } from "../../../src/model/relation.ts";
import type { UndoStep } from "../../../src/model/step.ts";
import type { Session } from "../../../src/postgres/session.ts";
import type { Draft } from "../../../src/steps/step-kind.ts";

const RELATIONS = `
  SELECT c.oid, n.nspname || '.' || c.relname AS key FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/**
 * Runs transactions one after the other, and checks that each locks what it says and nothing else, in any schema: tables,
 * views and sequences that stood before it, by the names that they had. Indexes follow their table and are not told.
 */
export async function executeExactly(session: Session, drafts: readonly (Draft | UndoStep)[]): Promise<void> {
  for (const draft of drafts) {
    if (draft.kind !== "transaction") throw new Error(`${draft.title} is no transaction`);
    const { rows } = await session.query<{ oid: number; key: string }>(RELATIONS);
    const keys = new Map(rows.map(({ oid, key }) => [oid, key]));
    await session.transaction(async () => {
      for (const statement of draft.statements) await session.query(statement);
      const said = draft.locks.map(({ relation, mode }) => [relationKey(relation), mode] as const);
      const held = (await locksHeld(session)).flatMap(({ oid, mode }) => {
        const key = keys.get(oid);
        return key === undefined ? [] : [[key, mode] as const];
      });
      expect(strongest(held), draft.title).toEqual(strongest(said));
    });
  }
}

async function locksHeld(session: Session): Promise<readonly { oid: number; mode: LockMode }[]> {
  const { rows } = await session.query<{ oid: number; mode: string }>(
    "SELECT relation AS oid, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted",
  );
  return rows.map(({ oid, mode }) => ({
    oid,
    mode: mode
      .replace(/Lock$/, "")
      .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
      .toUpperCase() as LockMode,
  }));
}

function strongest(locks: readonly (readonly [string, LockMode])[]): Record<string, LockMode> {
  const found: Record<string, LockMode> = {};
  const sorted = locks.toSorted(([, a], [, b]) => LOCK_MODES.indexOf(a) - LOCK_MODES.indexOf(b));
  for (const [key, mode] of sorted) found[key] = mode;
  return found;
}
