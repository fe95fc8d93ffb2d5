import { SegueError } from "../model/errors.ts";
import type { Watch } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import type { Session } from "../postgres/session.ts";
import { watchesNow } from "./trigger-life.ts";
import type { Runner } from "./runner.ts";

interface TriggerRow {
  name: string;
  /** The partition whose copy it is; null for the trigger itself. */
  partition: string | null;
  enabled: string;
  function_schema: string;
  function_name: string;
  source: string;
}

/**
 * A sync that was disabled, dropped or pointed elsewhere behind our back loses writes: nothing goes on until a person
 * has looked.
 *
 * @throws SegueError SEG0406 with what is wrong
 */
export async function requireSyncIntact(runner: Runner): Promise<void> {
  for (const watch of await watchesNow(runner)) {
    const problems = await broken(runner.session, watch);
    if (problems.length === 0) continue;
    throw new SegueError("SEG0406", {
      message: `the sync of ${relationKey(watch.table)} is broken: writes may have been missed`,
      object: relationKey(watch.table),
      problems: problems.map((message) => ({ message })),
      left: "The rollout stands where it is.",
      next: `segue reverse ${runner.plan}, then expand it again: rows written meanwhile are then filled anew`,
    });
  }
}

async function broken(session: Session, watch: Watch): Promise<string[]> {
  const { rows } = await session.query<TriggerRow>(
    `WITH RECURSIVE own AS (
       SELECT t.oid, NULL::regclass AS partition FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = $2
       UNION ALL
       SELECT t.oid, t.tgrelid::regclass FROM own JOIN pg_trigger t ON t.tgparentid = own.oid)
     SELECT t.tgname AS name, own.partition::text AS partition, t.tgenabled AS enabled, fn.nspname AS function_schema, f.proname AS function_name,
            md5(f.prosrc) AS source
       FROM own JOIN pg_trigger t ON t.oid = own.oid
       JOIN pg_proc f ON f.oid = t.tgfoid JOIN pg_namespace fn ON fn.oid = f.pronamespace`,
    [watch.table.schema, watch.table.name],
  );
  return watch.triggers.flatMap((name) => {
    const own = rows.filter((row) => row.name === name);
    const found = own.find(({ partition }) => partition === null);
    if (found === undefined) return [`trigger ${name} is gone`];
    const disabled = own.filter(({ enabled }) => enabled === "D" || enabled === "R");
    if (disabled.length > 0)
      return disabled.map(
        ({ partition }) => `trigger ${name} is disabled${partition === null ? "" : ` on ${partition}`}`,
      );
    const { function_schema: schema, function_name: called } = found;
    if (schema !== watch.function.schema || called !== watch.function.name)
      return [`trigger ${name} calls ${schema}.${called}`];
    return watch.sources.includes(found.source) ? [] : [`function ${schema}.${called} was replaced`];
  });
}
