import { z, type ZodType } from "zod";
import { PHASES } from "../model/phase.ts";
import { GATE_FIELDS } from "./gate-fields.ts";
import { type ListName, planFrame } from "./plan-frame.ts";
import { descriptionAt } from "./schema-at.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The JSON Schema (draft 2020-12) of plans in YAML, for editors. Strict: it allows no key that the reader would refuse. */
export function planJsonSchema(vocabulary: Vocabulary): Readonly<Record<string, unknown>> {
  const steps = PHASES.map((phase) => {
    const allowed = Object.entries(vocabulary.steps).filter(([, step]) => step.phases.includes(phase));
    return [phase, listOf(Object.fromEntries(allowed.map(([kind, { fields }]) => [kind, fields])), phase)] as const;
  });
  const schema = planFrame.extend({
    operations: listOf(vocabulary.operations, "operations"),
    ...Object.fromEntries(steps),
    gates: listOf(GATE_FIELDS, "gates"),
  });
  return {
    title: "Segue plan",
    ...z.toJSONSchema(schema, { target: "draft-2020-12", io: "input", unrepresentable: "any" }),
  };
}

/** Entries of exactly one key. One object with all kinds, not a union of one each: editors complete its keys. */
function listOf(kinds: Readonly<Record<string, ZodType>>, key: ListName): ZodType {
  const optional = Object.fromEntries(Object.entries(kinds).map(([kind, fields]) => [kind, z.exactOptional(fields)]));
  const entry = z.strictObject(optional).meta({ minProperties: 1, maxProperties: 1 });
  const about = descriptionAt(planFrame, [key], (schema) => z.globalRegistry.get(schema)?.description);
  return z.exactOptional(z.array(entry).describe(about ?? key));
}
