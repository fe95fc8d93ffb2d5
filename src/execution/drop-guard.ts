import { SegueError } from "../model/errors.ts";
import type { Hide } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import { findDependents } from "../postgres/dependents.ts";
import { findTableNeeds } from "../postgres/table-needs.ts";
import { hiddenName } from "../steps/contract-entries.ts";
import type { Runner } from "./runner.ts";

/**
 * Looks once more, before the drop: a view that a person declared harmless, or made during the soak, reads what is
 * hidden, and the server refuses to drop that. Found here, the rollout still soaks and can be reversed. Reads in
 * transactions, so by the session that does the work: the other one's heartbeat would fail in them.
 *
 * @throws SegueError SEG0303 with what depends on something hidden
 */
export async function requireDroppable(runner: Runner): Promise<void> {
  const { plan, program } = runner;
  const found: string[] = [];
  for (const hide of program.hides) found.push(...(await readersOf(runner, hide)));
  if (found.length === 0) return;
  throw new SegueError("SEG0303", {
    message: `the old shape can't be dropped: ${found.length === 1 ? "this depends" : `these ${found.length} depend`} on it`,
    object: plan,
    problems: found.map((message) => ({ message })),
    left: "The rollout is soaking: the old shape is hidden and kept in sync.",
    next: `create them again over the new shape, then segue contract ${plan}; or segue reverse ${plan}`,
  });
}

async function readersOf({ session, plan, program }: Runner, hide: Hide): Promise<readonly string[]> {
  const { column, table, whole } = hide;
  if (column !== null) {
    const hidden = hiddenName(table, column, plan);
    return (await findDependents(session, table))
      .filter(({ columns, evidence }) => evidence === "pg_depend" && columns.includes(hidden))
      .map(({ kind, name }) => `${kind} ${name} reads ${relationKey(table)}.${column}, which is hidden as ${hidden}`);
  }
  // What needs a partition is found with what needs its table.
  if (whole === undefined || whole.becomes === "moved along") return [];
  const moved = new Set(
    program.hides.flatMap((other) =>
      other.whole === undefined || other.whole.becomes === "renamed" ? [] : [relationKey(other.whole.to)],
    ),
  );
  const place = whole.becomes === "moved" ? whole.to : table;
  // The drop takes a publication's or a trigger's tie to the table with it, and what names it by text it does not see.
  return (await findTableNeeds(session, place))
    .filter(({ evidence, kind }) => evidence === "pg_depend" && kind !== "publication" && kind !== "trigger")
    .filter(({ on }) => on === null || !moved.has(relationKey(on)))
    .map(({ kind, name }) =>
      whole.becomes === "moved"
        ? `${kind} ${name} needs ${relationKey(table)}, which is hidden as ${relationKey(whole.to)}`
        : `${kind} ${name} needs the view ${relationKey(table)}`,
    );
}
