import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { findDependents } from "../postgres/dependents.ts";
import { hiddenName } from "../steps/contract-entries.ts";
import type { Runner } from "./runner.ts";

/**
 * Looks once more, before the drop: a view that a person declared harmless, or made during the soak, reads the hidden
 * column, and the server refuses to drop that. Found here, the rollout still soaks and can be reversed. Reads in a
 * transaction, so by the session that does the work: the other one's heartbeat would fail in it.
 *
 * @throws SegueError SEG0303 with what depends on a hidden column
 */
export async function requireDroppable({ session, plan, program }: Runner): Promise<void> {
  const found: string[] = [];
  for (const { column, table } of program.hides) {
    if (column === null) continue;
    const hidden = hiddenName(table, column, plan);
    for (const { columns, evidence, kind, name } of await findDependents(session, table)) {
      if (evidence !== "pg_depend" || !columns.includes(hidden)) continue;
      found.push(`${kind} ${name} reads ${relationKey(table)}.${column}, which is hidden as ${hidden}`);
    }
  }
  if (found.length === 0) return;
  throw new SegueError("SEG0303", {
    message: `the old shape can't be dropped: ${found.length === 1 ? "this depends" : `these ${found.length} depend`} on it`,
    object: plan,
    problems: found.map((message) => ({ message })),
    left: "The rollout is soaking: the old shape is hidden and kept in sync.",
    next: `create them again over the new shape, then segue contract ${plan}; or segue reverse ${plan}`,
  });
}
