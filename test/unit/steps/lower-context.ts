import type { Catalog } from "../../../src/model/catalog.ts";
import type { Phase } from "../../../src/model/phase.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import type { LowerContext } from "../../../src/steps/step-kind.ts";

/** What lowering an entry of a phase sees, with the other entries of the plan as `[phase, kind, fields]`. */
export function lowerContext(
  catalog: Catalog,
  phase: Phase,
  entries: readonly (readonly [Phase, string, Record<string, unknown>])[] = [],
): LowerContext {
  return {
    catalog,
    phase,
    plan: "1_test",
    settings: DEFAULT_SETTINGS,
    entries: entries.map(([at, kind, fields]) => ({ phase: at, spec: { kind, fields } })),
  };
}
