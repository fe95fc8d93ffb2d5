import { expect } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import { explain } from "../../../src/compiler/explain.ts";
import { scopeOf } from "../../../src/compiler/scope.ts";
import { SegueError } from "../../../src/model/errors.ts";
import type { Catalog } from "../../../src/model/catalog.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { Program } from "../../../src/model/program.ts";
import { completeSettings } from "../../../src/plan/merge-settings.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { planOf } from "./compile-plan.ts";

/** What runs, and what is checked on the way. The inverse and the touches are told of operations in other words. */
const whatRuns = (program: Program) => {
  const { expand, backfill, cutover, drop, verify, losses, watches, hides, soak, gates, settings } = program;
  return { expand, backfill, cutover, drop, verify, losses, watches, hides, soak, gates, settings };
};

/**
 * Holds what `plan --explain` prints against the plan: it has no operations, it compiles to the same program, and explained
 * again it says the same.
 *
 * @throws SegueError where the plan itself is refused
 */
export async function expectRoundTrip(session: Session, plan: Plan): Promise<void> {
  // Nothing changes in between, and reading a catalog is what takes time here.
  const catalogs = new Map<string, Catalog>();
  const catalogFor = async (of: Plan): Promise<Catalog> => {
    const scope = { ...scopeOf(of, "public"), defaultSchema: "public" };
    const key = JSON.stringify(scope);
    const catalog = catalogs.get(key) ?? (await readCatalog(session, scope));
    catalogs.set(key, catalog);
    return catalog;
  };
  const program = async (of: Plan): Promise<Program> =>
    compile(of, await catalogFor(of), completeSettings(of.settings));
  const explained = async (of: Plan): Promise<Plan> =>
    planOf(explain(of, await catalogFor(of), completeSettings(of.settings)), of.id);
  const wanted = await program(plan);
  try {
    const steps = await explained(plan);
    expect(steps.operations, plan.id).toEqual([]);
    expect(whatRuns(await program(steps)), plan.id).toEqual(whatRuns(wanted));
    expect((await explained(steps)).content, plan.id).toEqual(steps.content);
  } catch (error) {
    // Not a refusal of the plan: what was explained must not be refused.
    throw error instanceof SegueError ? new Error(`${plan.id} explained: ${error.message}`, { cause: error }) : error;
  }
}
