import type { Question } from "../model/catalog.ts";
import { PHASES } from "../model/phase.ts";
import type { Plan, Spec } from "../model/plan.ts";
import type { Touch } from "../model/program.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import type { RolloutSettings } from "../model/settings.ts";
import { OPERATIONS, STEPS } from "./registry.ts";

/** What must be read of a database before a plan can be compiled against it. */
export interface Scope {
  readonly tables: readonly RelationName[];
  readonly schemas: readonly string[];
  readonly questions: readonly Question[];
  /** Columns whose referencing tables must be read too, however far they are. */
  readonly referenced: readonly Touch[];
  /** Enums whose tables must be read too. */
  readonly enums: readonly RelationName[];
}

/** Pure: asks every operation and step of the plan. */
export function scopeOf(plan: Plan, defaultSchema: string): Scope {
  const tables = new Map<string, RelationName>();
  const questions: Question[] = [];
  const referenced: Touch[] = [];
  const enums: RelationName[] = [];
  for (const spec of plan.operations) {
    const operation = OPERATIONS[spec.kind];
    for (const table of operation?.tables(spec.fields as never, defaultSchema) ?? [])
      tables.set(relationKey(table), table);
    questions.push(...(operation?.questions?.(spec.fields as never, defaultSchema) ?? []));
    referenced.push(...(operation?.referenced?.(spec.fields as never, defaultSchema) ?? []));
    enums.push(...(operation?.enums?.(spec.fields as never, defaultSchema) ?? []));
  }
  for (const spec of explicit(plan)) {
    const step = STEPS[spec.kind];
    for (const table of step?.tables(spec.fields as never, defaultSchema) ?? []) tables.set(relationKey(table), table);
    questions.push(...(step?.questions?.(spec.fields as never, defaultSchema) ?? []));
  }
  const schemas = new Set([defaultSchema, ...[...tables.values()].map((table) => table.schema)]);
  return { tables: [...tables.values()], schemas: [...schemas], questions, referenced, enums };
}

/**
 * The tables and columns that a plan works on.
 *
 * @param compiled Entries that its operations came to, which may reach further than the operations say.
 */
export function touchesOf(plan: Plan, defaultSchema: string, compiled: readonly Spec[] = []): readonly Touch[] {
  const touches = [
    ...plan.operations.flatMap((spec) => OPERATIONS[spec.kind]?.touches(spec.fields as never, defaultSchema) ?? []),
    ...[...explicit(plan), ...compiled].flatMap(
      (spec) => STEPS[spec.kind]?.touches(spec.fields as never, defaultSchema) ?? [],
    ),
  ];
  return distinct(touches);
}

/** Each touch once. */
export function distinct(touches: readonly Touch[]): readonly Touch[] {
  const unique = new Map(
    touches.map((touch) => [JSON.stringify([touch.table.schema, touch.table.name, touch.column]), touch]),
  );
  return [...unique.values()];
}

/** A plan in SQL says nothing of what it makes of the tables, so that no version could be shown before it has run. */
export function makesVersions(plan: Plan, settings: Pick<RolloutSettings, "views">): boolean {
  return settings.views && plan.form === "yaml";
}

/** The first place where two rollouts would work on the same thing, or null. */
export function overlap(a: readonly Touch[], b: readonly Touch[]): Touch | null {
  for (const one of a) {
    for (const other of b) {
      if (relationKey(one.table) !== relationKey(other.table)) continue;
      if (one.column === null || other.column === null || one.column === other.column)
        return one.column === null ? other : one;
    }
  }
  return null;
}

function explicit(plan: Plan): readonly Spec[] {
  return PHASES.flatMap((phase) => plan.phases[phase]);
}
