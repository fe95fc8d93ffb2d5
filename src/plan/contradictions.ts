import type { EntryEffects, SchemaObject } from "../model/effects.ts";
import type { Problem } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import { relationKey, type RelationName } from "../model/relation.ts";

/** A plan with what its entries do, in their order. */
export interface PlanEffects {
  readonly plan: Plan;
  readonly entries: readonly EntryEffects[];
}

/** The entry that did something to an object. */
interface Deed {
  readonly plan: Plan;
  readonly path: readonly (string | number)[];
}

/**
 * Goes through plans in their order and tells what can't hold: an object that is used or removed after it was
 * removed, created twice, or used before the plan that creates it. What no plan mentions may stand in the database.
 */
export function contradictions(plans: readonly PlanEffects[]): readonly Problem[] {
  const removed = new Map<string, Deed>();
  const created = new Map<string, Deed>();
  const used = new Map<string, Deed>();
  const problems: Problem[] = [];
  const tell = (deed: Deed, object: SchemaObject, message: string): void => {
    problems.push({
      message,
      object: nameOf(object),
      ...(deed.plan.locate(deed.path) ?? { at: { file: deed.plan.file, line: 1, column: 1 } }),
    });
  };

  for (const { plan, entries } of plans) {
    for (const { path, effects } of entries) {
      const deed = { plan, path };
      for (const object of effects.uses) {
        const gone = firstGone(object, removed);
        if (gone !== null)
          tell(
            deed,
            object,
            `${nameOf(object)} is used here, but ${by(gone.deed, plan)} removed ${same(gone.object, object)}${whereIs(gone.deed)}`,
          );
        for (const part of parts(object)) if (!used.has(key(part))) used.set(key(part), deed);
      }
      for (const object of effects.removes) {
        const gone = firstGone(object, removed);
        if (gone !== null)
          tell(
            deed,
            object,
            `${nameOf(object)} is removed here, but ${by(gone.deed, plan)} already removed ${same(gone.object, object)}${whereIs(gone.deed)}`,
          );
        removed.set(key(object), deed);
        created.delete(key(object));
      }
      for (const object of effects.creates) {
        const before = created.get(key(object));
        const early = removed.has(key(object)) ? undefined : used.get(key(object));
        const table = object.kind === "column" ? removed.get(key(tableOf(object))) : undefined;
        if (before !== undefined)
          tell(
            deed,
            object,
            `${nameOf(object)} is created here, but ${by(before, plan)} already created it${whereIs(before)}`,
          );
        else if (table !== undefined && object.kind === "column")
          tell(
            deed,
            object,
            `${nameOf(object)} is created here, but ${by(table, plan)} removed ${nameOf(tableOf(object))}${whereIs(table)}`,
          );
        else if (early !== undefined && early.plan !== plan)
          tell(
            early,
            object,
            `${nameOf(object)} is used here, but only the later plan \`${plan.id}\` creates it; require it: \`requires: [${plan.id}]\``,
          );
        revive(object, removed);
        created.set(key(object), deed);
      }
    }
  }
  return problems;
}

/** The removal that took an object away: its own, or that of its table. */
function firstGone(
  object: SchemaObject,
  removed: ReadonlyMap<string, Deed>,
): { object: SchemaObject; deed: Deed } | null {
  for (const part of parts(object)) {
    const deed = removed.get(key(part));
    if (deed !== undefined) return { object: part, deed };
  }
  return null;
}

/** An object that stands again. A new table has columns of its own: those of the old one are forgotten. */
function revive(object: SchemaObject, removed: Map<string, Deed>): void {
  removed.delete(key(object));
  if (object.kind !== "table") return;
  const prefix = JSON.stringify(["column", relationKeyOf(object)]).slice(0, -1);
  for (const one of removed.keys()) if (one.startsWith(prefix)) removed.delete(one);
}

/** An object and what it stands in. */
function parts(object: SchemaObject): readonly SchemaObject[] {
  return object.kind === "column" ? [tableOf(object), object] : [object];
}

function tableOf({ table }: Extract<SchemaObject, { kind: "column" }>): SchemaObject {
  return { kind: "table", table };
}

function key(object: SchemaObject): string {
  return JSON.stringify([object.kind, relationKeyOf(object), ...(object.kind === "column" ? [object.column] : [])]);
}

function relationKeyOf(object: SchemaObject): readonly string[] {
  const { schema, name } = relationOf(object);
  return [schema, name];
}

function relationOf(object: SchemaObject): RelationName {
  switch (object.kind) {
    case "table":
    case "column":
      return object.table;
    case "index":
      return object.index;
    case "type":
      return object.type;
    default:
      return object satisfies never;
  }
}

function nameOf(object: SchemaObject): string {
  switch (object.kind) {
    case "table":
      return `table ${relationKey(object.table)}`;
    case "column":
      return `column ${relationKey(object.table)}.${object.column}`;
    case "index":
      return `index ${relationKey(object.index)}`;
    case "type":
      return `type ${relationKey(object.type)}`;
    default:
      return object satisfies never;
  }
}

function same(gone: SchemaObject, object: SchemaObject): string {
  return key(gone) === key(object) ? "it" : nameOf(gone);
}

function by({ plan }: Deed, here: Plan): string {
  return plan === here ? "this plan" : `\`${plan.id}\``;
}

function whereIs({ plan, path }: Deed): string {
  const at = plan.locate(path)?.at;
  return at === undefined ? "" : ` (${at.file}:${at.line})`;
}
