import type { EntryEffects } from "../model/effects.ts";
import { type Problem, SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import { contradictions } from "./contradictions.ts";
import { suggestion } from "./did-you-mean.ts";
import { byVersion } from "./plan-version.ts";

/**
 * The order in which plans are run: what a plan requires stands before it; else the smaller version goes first.
 *
 * @param effectsOf what each entry of a plan does to the schema, for the search for contradictions.
 * @throws SegueError SEG0003 with all findings: ids and versions given twice, requirements that no plan meets,
 * cycles, and plans that can't both hold in this order.
 */
export function orderPlans(
  plans: readonly Plan[],
  effectsOf: (plan: Plan) => readonly EntryEffects[] = () => [],
): readonly Plan[] {
  const byId = new Map<string, Plan>();
  for (const plan of plans.toSorted(byVersion)) if (!byId.has(plan.id)) byId.set(plan.id, plan);
  const { ordered, cyclic } = sort([...byId.values()], byId);
  const problems = [
    ...repeated(plans),
    ...plans.flatMap((plan) => unknown(plan, byId)),
    ...cycles(cyclic, byId),
    ...contradictions(ordered.map((plan) => ({ plan, entries: effectsOf(plan) }))),
  ];
  if (problems.length === 0) return ordered;
  throw new SegueError("SEG0003", {
    message:
      problems.length === 1
        ? "The plans contradict each other"
        : `The plans contradict each other in ${problems.length} ways`,
    problems,
  });
}

/** Kahn's sort, always taking the smallest version that is free. What lies on a cycle or behind one is left over. */
function sort(plans: readonly Plan[], byId: ReadonlyMap<string, Plan>): { ordered: Plan[]; cyclic: Plan[] } {
  const ordered: Plan[] = [];
  const done = new Set<string>();
  let left = [...plans];
  for (;;) {
    const next = left.find((plan) => needs(plan, byId).every((id) => done.has(id)));
    if (next === undefined) return { ordered, cyclic: left };
    ordered.push(next);
    done.add(next.id);
    left = left.filter((plan) => plan !== next);
  }
}

function needs(plan: Plan, byId: ReadonlyMap<string, Plan>): string[] {
  return plan.requires.map(({ plan: id }) => id).filter((id) => byId.has(id));
}

function repeated(plans: readonly Plan[]): Problem[] {
  const ids = new Map<string, Plan>();
  const versions = new Map<string, Plan>();
  return plans.flatMap((plan) => {
    const version = String(BigInt(plan.version));
    const sameId = ids.get(plan.id);
    const sameVersion = versions.get(version);
    if (sameId === undefined) ids.set(plan.id, plan);
    if (sameVersion === undefined) versions.set(version, plan);
    if (sameId !== undefined) return [problem(plan, [], `\`${plan.id}\` is also the id of ${sameId.file}`)];
    if (sameVersion !== undefined)
      return [
        problem(
          plan,
          [],
          `the version ${plan.version} is also that of \`${sameVersion.id}\`; give one of them another`,
        ),
      ];
    return [];
  });
}

function unknown(plan: Plan, byId: ReadonlyMap<string, Plan>): Problem[] {
  const check = (key: string, id: string, index: number): Problem[] => {
    if (id === plan.id) return [problem(plan, [key, index], `a plan can't name itself under \`${key}\``)];
    if (byId.has(id)) return [];
    const meant = [...byId.values()].find(({ name, version }) => name === id || version === id);
    const hint = meant === undefined ? suggestion(id, near(id, byId)) : `; its id is \`${meant.id}\``;
    return [problem(plan, [key, index], `there is no plan \`${id}\`${hint}`)];
  };
  return [
    ...plan.requires.flatMap(({ plan: id }, index) => check("requires", id, index)),
    ...plan.conflicts.flatMap((id, index) => check("conflicts", id, index)),
  ];
}

/** All ids are too many to list: what is too far off is left without a suggestion. */
function near(id: string, byId: ReadonlyMap<string, Plan>): readonly string[] {
  const ids = [...byId.keys()];
  return suggestion(id, ids).startsWith("; did") ? ids : [];
}

/** Each cycle once, from its smallest version on: `1_a → 3_c → 1_a`. */
function cycles(cyclic: readonly Plan[], byId: ReadonlyMap<string, Plan>): Problem[] {
  const inside = new Set(cyclic.map(({ id }) => id));
  const told = new Set<string>();
  return cyclic.flatMap((start) => {
    if (told.has(start.id) || needs(start, byId).includes(start.id)) return [];
    const path = wayBack(start, byId, inside);
    if (path === null) return [];
    for (const id of path) told.add(id);
    const index = start.requires.findIndex(({ plan }) => plan === path[1]);
    return [problem(start, ["requires", index], `these plans require each other in a circle: ${path.join(" → ")}`)];
  });
}

/** The shortest way along requirements from a plan to itself. */
function wayBack(start: Plan, byId: ReadonlyMap<string, Plan>, inside: ReadonlySet<string>): readonly string[] | null {
  const queue: (readonly string[])[] = [[start.id]];
  const seen = new Set<string>();
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const last = byId.get(path.at(-1) ?? "");
    for (const id of last === undefined ? [] : needs(last, byId)) {
      if (id === start.id) return [...path, id];
      if (!inside.has(id) || seen.has(id)) continue;
      seen.add(id);
      queue.push([...path, id]);
    }
  }
  return null;
}

function problem(plan: Plan, path: readonly (string | number)[], message: string): Problem {
  return { message, ...(plan.locate(path) ?? { at: { file: plan.file, line: 1, column: 1 } }) };
}
