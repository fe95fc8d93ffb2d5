import type { RelationName } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { relationKey } from "../model/relation.ts";
import { nameOf } from "./catalog-lookup.ts";

interface ConcurrentIndex {
  readonly index: RelationName;
  /** The table that holds the rows. */
  readonly on: RelationName;
  /** The table that the plan names: the one it is a partition of. */
  readonly table: RelationName;
}

/** CREATE INDEX CONCURRENTLY: writers go on; it waits for every older transaction of the database. */
export function buildConcurrently({ index, on, table }: ConcurrentIndex, unique: boolean, body: string) {
  return {
    kind: "concurrent",
    title: `build ${unique ? "unique index" : "index"} ${relationKey(index)} on ${relationKey(on)}`,
    table: nameOf(table),
    statement: `CREATE ${unique ? "UNIQUE " : ""}INDEX CONCURRENTLY ${ident(index.name)} ON ${qualified(on)} ${body}`,
    probe: { expect: "index valid", index: nameOf(index) },
    locks: [{ relation: nameOf(on), mode: "SHARE UPDATE EXCLUSIVE" }],
  } as const;
}

/** DROP INDEX CONCURRENTLY: waits for every transaction that may use the index. */
export function dropConcurrently({ index, on, table }: ConcurrentIndex) {
  return {
    id: "",
    kind: "concurrent",
    title: `drop index ${relationKey(index)}`,
    table: nameOf(table),
    statement: `DROP INDEX CONCURRENTLY IF EXISTS ${qualified(index)}`,
    probe: { expect: "index absent", index: nameOf(index) },
    locks: [
      { relation: nameOf(on), mode: "SHARE UPDATE EXCLUSIVE" },
      { relation: nameOf(index), mode: "SHARE UPDATE EXCLUSIVE" },
    ],
  } as const satisfies UndoStep;
}
