import type { Effects, EntryEffects, SchemaObject } from "../model/effects.ts";
import { PHASES } from "../model/phase.ts";
import type { Plan, Spec } from "../model/plan.ts";
import type { RelationName } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";

const text = (spec: Spec, key: string): string => String(spec.fields[key]);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/**
 * What each entry of a plan does to the schema, as far as its fields alone tell; for the search for plans that can't
 * both hold. Expressions are not looked into: what they read the server checks.
 */
export function effectsOf(plan: Plan, defaultSchema: string): readonly EntryEffects[] {
  const operations = plan.operations.map((spec, index) => ({
    path: ["operations", index, spec.kind],
    effects: effectsOfEntry(spec, defaultSchema),
  }));
  const explicit = PHASES.flatMap((phase) =>
    plan.phases[phase].map((spec, index) => ({
      path: [phase, index, spec.kind],
      effects: effectsOfEntry(spec, defaultSchema),
    })),
  );
  return [...operations, ...explicit];
}

function effectsOfEntry(spec: Spec, schema: string): Effects {
  const written = spec.fields["table"];
  if (typeof written !== "string") return { uses: [], removes: [], creates: [] };
  const table = parseTableName(written, schema);
  const column = (name: string): SchemaObject => ({ kind: "column", table, column: name });
  const whole: SchemaObject = { kind: "table", table };
  const named = list(spec.fields["columns"]).flatMap((key) => keyColumns(key).map(column));
  const none: Effects = { uses: [whole], removes: [], creates: [] };
  switch (spec.kind) {
    case "create_table":
      return { uses: [], removes: [], creates: [whole, ...Object.keys(columnsOf(spec)).map(column)] };
    case "add_column":
      return { ...none, creates: [column(text(spec, "column"))] };
    case "rename_column":
      return { ...none, removes: [column(text(spec, "from"))], creates: [column(text(spec, "to"))] };
    case "drop_column":
      return { ...none, removes: [column(text(spec, "column"))] };
    case "change_type":
    case "set_not_null":
    case "drop_not_null":
      return { ...none, uses: [whole, column(text(spec, "column"))] };
    case "drop_index":
      return { ...none, removes: [{ kind: "index", index: { schema: table.schema, name: text(spec, "name") } }] };
    case "create_index":
      return { ...none, uses: [whole, ...named], creates: indexNamed(spec, table.schema) };
    case "add_unique":
    case "add_foreign_key":
      return { ...none, uses: [whole, ...named, ...referenced(spec, schema)] };
    default:
      return none;
  }
}

function columnsOf(spec: Spec): Readonly<Record<string, unknown>> {
  const columns = spec.fields["columns"];
  return typeof columns === "object" && columns !== null ? (columns as Record<string, unknown>) : {};
}

/** `a` and `{column: a, order: desc}` name a column; `{expression: …}` does not. */
function keyColumns(key: unknown): readonly string[] {
  if (typeof key === "string") return [key];
  const { column } = key as { column?: unknown };
  return typeof column === "string" ? [column] : [];
}

function indexNamed(spec: Spec, schema: string): readonly SchemaObject[] {
  const name = spec.fields["name"];
  const index = (found: string): RelationName => ({ schema, name: found });
  return typeof name === "string" ? [{ kind: "index", index: index(name) }] : [];
}

function referenced(spec: Spec, schema: string): readonly SchemaObject[] {
  const references = spec.fields["references"] as { table?: string } | undefined;
  return references?.table === undefined ? [] : [{ kind: "table", table: parseTableName(references.table, schema) }];
}
