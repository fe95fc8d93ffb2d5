import { SegueError } from "../model/errors.ts";
import type { Hide } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import type { Version } from "../model/versioned.ts";
import { ownViews } from "../gates/own-views.ts";
import { findDependents } from "../postgres/dependents.ts";
import { findStrangers } from "../postgres/strangers.ts";
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
  for (const version of (program.versions ?? []).flatMap(({ replaces }) => replaces))
    found.push(...(await strangersIn(runner, version)));
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
  const own = ownViews(program);
  if (column !== null) {
    const hidden = hiddenName(table, column, plan);
    return (await findDependents(session, table))
      .filter(({ columns, evidence, name }) => evidence === "pg_depend" && columns.includes(hidden) && !own(name))
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
    .filter(({ name }) => !own(name))
    .filter(({ on }) => on === null || !moved.has(relationKey(on)))
    .map(({ kind, name }) =>
      whole.becomes === "moved"
        ? `${kind} ${name} needs ${relationKey(table)}, which is hidden as ${relationKey(whole.to)}`
        : `${kind} ${name} needs the view ${relationKey(table)}`,
    );
}

/** What a person has made in a hidden version, or over a view of it. */
async function strangersIn(
  { session }: Runner,
  { hidden, schema, views }: Version["replaces"][number],
): Promise<readonly string[]> {
  const over: string[] = [];
  for (const name of views)
    for (const need of await findTableNeeds(session, { schema: hidden, name }))
      if (need.evidence === "pg_depend" && need.on?.schema !== hidden)
        over.push(`${need.kind} ${need.name} needs ${schema}.${name}, which is hidden in ${hidden}`);
  const within = await findStrangers(session, hidden, views);
  return [...over, ...within.map((name) => `${name} was made in ${schema}, which is hidden as ${hidden}`)];
}
