import type { Plan } from "../../../src/model/plan.ts";

/** A plan of nothing but a name and what it asks of others; its part at a path stands on the path's line. */
export function fakePlan(
  id: string,
  fields: { requires?: readonly string[]; conflicts?: readonly string[] } = {},
): Plan {
  const [version = "", ...rest] = id.split("_");
  const file = `plans/${id}.yaml`;
  return {
    id,
    version,
    name: rest.join("_"),
    file,
    form: "yaml",
    description: "",
    requires: (fields.requires ?? []).map((plan) => ({ plan, phase: "completed" })),
    conflicts: fields.conflicts ?? [],
    operations: [],
    phases: { expand: [], backfill: [], contract: [] },
    gates: [],
    settings: {},
    hash: "",
    content: {},
    locate: (path) => ({
      at: { file, line: path.length === 0 ? 1 : 10 + Number(path[1] ?? 0), column: 1 },
      source: path.join("."),
    }),
  };
}

/** The problems that a call throws, as `file:line message`. */
export function problemsOf(call: () => unknown): readonly string[] {
  try {
    call();
    return [];
  } catch (error) {
    const { problems } = error as { problems: readonly { message: string; at?: { file: string; line: number } }[] };
    return problems.map(({ at, message }) => `${at?.file ?? ""}:${at?.line ?? ""} ${message}`);
  }
}
