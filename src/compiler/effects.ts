import type { Effects, EntryEffects } from "../model/effects.ts";
import { PHASES } from "../model/phase.ts";
import type { Plan, Spec } from "../model/plan.ts";
import { OPERATIONS, STEPS } from "./registry.ts";

/**
 * What each entry of a plan does to the schema, as far as its fields alone tell; for the search for plans that can't
 * both hold. Expressions are not looked into: what they read the server checks.
 */
export function effectsOf(plan: Plan, defaultSchema: string): readonly EntryEffects[] {
  const operations = plan.operations.map((spec, index) => ({
    path: ["operations", index, spec.kind],
    effects: effectsOfEntry(OPERATIONS[spec.kind], spec, defaultSchema),
  }));
  const explicit = PHASES.flatMap((phase) =>
    plan.phases[phase].map((spec, index) => ({
      path: [phase, index, spec.kind],
      effects: effectsOfEntry(STEPS[spec.kind], spec, defaultSchema),
    })),
  );
  return [...operations, ...explicit];
}

type Kind = (typeof OPERATIONS)[string] | (typeof STEPS)[string];

function effectsOfEntry(kind: Kind | undefined, { fields }: Spec, schema: string): Effects {
  const none: Effects = { uses: [], removes: [], creates: [] };
  if (kind === undefined) return none;
  if (kind.effects !== undefined) return kind.effects(fields as never, schema);
  const tables = kind.tables(fields as never, schema);
  return { ...none, uses: tables.map((table) => ({ kind: "table", table })) };
}
