import { stringify } from "yaml";
import type { Catalog } from "../model/catalog.ts";
import { PHASES } from "../model/phase.ts";
import type { Plan } from "../model/plan.ts";
import type { RolloutSettings } from "../model/settings.ts";
import { entriesOf } from "./entries.ts";
import { visibleCatalog } from "./visible-catalog.ts";

/** The plan in its explicit form, as YAML that compiles to the same program. */
export function explain(plan: Plan, catalog: Catalog, settings: RolloutSettings): string {
  const { entries } = entriesOf(plan, visibleCatalog(catalog, settings));
  const content = plan.content as Record<string, unknown>;
  const kept = ["requires", "conflicts", "gates", "settings", "views"].filter((key) => content[key] !== undefined);
  const document: Record<string, unknown> = {
    ...(plan.description === "" ? {} : { description: plan.description }),
    ...Object.fromEntries(kept.map((key) => [key, content[key]])),
    ...Object.fromEntries(
      PHASES.filter((phase) => entries[phase].length > 0).map((phase) => [
        phase,
        entries[phase].map(({ kind, fields }) => ({ [kind]: fields })),
      ]),
    ),
  };
  return stringify(document, { lineWidth: 100 });
}
