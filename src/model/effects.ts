import type { RelationName } from "./relation.ts";

/** What plans can contradict each other about. A constraint goes by its table's columns. */
export type SchemaObject =
  | { readonly kind: "table"; readonly table: RelationName }
  | { readonly kind: "column"; readonly table: RelationName; readonly column: string }
  | { readonly kind: "index"; readonly index: RelationName }
  | { readonly kind: "type"; readonly type: RelationName };

/**
 * What an entry of a plan does to the schema once its rollout is complete, as far as its fields alone tell. It uses,
 * then removes, then creates: a renaming removes the old name and creates the new one.
 */
export interface Effects {
  readonly uses: readonly SchemaObject[];
  readonly removes: readonly SchemaObject[];
  readonly creates: readonly SchemaObject[];
}

/** The effects of one entry, with its place in the plan: `["operations", 0, "rename_column"]`. */
export interface EntryEffects {
  readonly path: readonly (string | number)[];
  readonly effects: Effects;
}
