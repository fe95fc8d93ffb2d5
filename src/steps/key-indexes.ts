import type { Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { rewriteIndexDefinition } from "../sql/definition.ts";
import { qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { copyName, hiddenConstraintName } from "./carry-names.ts";
import { nameOf } from "./catalog-lookup.ts";
import { dropConcurrently } from "./concurrent-index.ts";
import type { PrimaryKey } from "./key-constraints.ts";
import type { KeyColumn } from "./key-entries.ts";
import type { Draft } from "./step-kind.ts";
import { undoTransaction } from "./transaction-draft.ts";

type Concurrent = Extract<Draft, { kind: "concurrent" }>;

/** A primary key and the table that the plan names for it. */
export type NamedKey = PrimaryKey & { readonly table: Table };

/** The copy of the key's index that the backfill makes for the duplicates. */
export function copyOf({ index, table }: NamedKey, plan: string): RelationName {
  return { schema: index.schema, name: copyName(table, index.name, plan) };
}

/** A second index on the old columns, which makes them the key again if the cut-over is taken back. */
export function keptOf({ index, table }: NamedKey, plan: string): RelationName {
  return { schema: index.schema, name: hiddenConstraintName(table, index.name, plan) };
}

/** Builds the second index on the old columns. */
export function keepKey(key: NamedKey, plan: string): Concurrent {
  return build(key, keptOf(key, plan), key.index.definition, "keep the old key by");
}

/**
 * Builds both indexes once more after the cut-over was taken back and the keys have taken them: only then can it be made
 * again.
 */
export function buildAgain(key: NamedKey, columns: readonly KeyColumn[], plan: string): readonly UndoStep[] {
  const copy = copyOf(key, plan);
  const { comment, name } = key.index;
  const definition = columns.reduce(
    (text, { by, column }) => rewriteIndexDefinition(text, { from: column, to: by, name, concurrently: false }),
    key.index.definition,
  );
  const builds = [build(key, copy, definition, "build again"), keepKey(key, plan)].map((draft): UndoStep => {
    const { undo: _, ...step } = draft;
    return { ...step, id: "", onlyTo: "ready" };
  });
  if (comment === null) return builds;
  const commented = undoTransaction({
    title: `comment on index ${relationKey(copy)} again`,
    table: key.table,
    statements: [`COMMENT ON INDEX ${qualified(copy)} IS ${literal(comment)}`],
    locks: [{ relation: copy, mode: "SHARE UPDATE EXCLUSIVE" }],
  });
  return [...builds, { ...commented, onlyTo: "ready" }];
}

function build({ index, member, table }: NamedKey, name: RelationName, definition: string, what: string): Concurrent {
  const [column = ""] = index.columns;
  return {
    kind: "concurrent",
    title: `${what} index ${relationKey(name)} on ${relationKey(member)}`,
    table: nameOf(table),
    statement: rewriteIndexDefinition(definition, {
      from: column,
      to: column,
      name: name.name,
      concurrently: true,
      tablespace: index.tablespace ?? null,
    }),
    probe: { expect: "index valid", index: name },
    locks: [{ relation: nameOf(member), mode: "SHARE UPDATE EXCLUSIVE" }],
    undo: [dropConcurrently({ index: name, on: member, table })],
  };
}
