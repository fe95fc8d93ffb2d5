import type { Catalog, Constraint, Index, Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { buildForeignKey, type ForeignKeyBody } from "./build-foreign-key.ts";
import { originOf, partitionsOf } from "./carry-family.ts";
import { exclusiveLocks, nameOf } from "./catalog-lookup.ts";
import { buildConcurrently } from "./concurrent-index.ts";
import { definitionBody } from "./index-definition-body.ts";
import { partitionedIndex } from "./partitioned-index.ts";
import { partNames, partsOf } from "./partitioned-index-parts.ts";
import { asUndo, undoTransaction } from "./transaction-draft.ts";
import { timing } from "./unique-constraint.ts";
import { validateConstraint } from "./validate-constraint.ts";

/** A CHECK: NOT VALID holds for new rows at once; VALIDATE, in a later transaction, proves the old ones. */
export function restoreCheck(table: Table, constraint: Constraint): readonly UndoStep[] {
  const { definition, name, valid } = constraint;
  const add = addAgain(table, name, valid ? `${definition} NOT VALID` : definition);
  return valid ? [add, ...asUndo(validateConstraint(table, name))] : [add];
}

/** A foreign key, the same way; on each partition under the name that it had. */
export function restoreForeignKey(
  catalog: Catalog,
  table: Table,
  constraint: Constraint,
  target: ForeignKeyBody["target"],
): readonly UndoStep[] {
  const { definition, name, valid } = constraint;
  if (!valid) return [addAgain(table, name, definition)];
  const renames = inheritedBy(catalog, table, constraint)
    .filter(({ own }) => own.name !== name)
    .map(({ own, partition }) =>
      undoTransaction({
        title: `name the foreign key of ${relationKey(partition)} ${own.name} again`,
        table,
        statements: [`ALTER TABLE ${qualified(partition)} RENAME CONSTRAINT ${ident(name)} TO ${ident(own.name)}`],
        locks: [{ relation: nameOf(partition), mode: "ACCESS EXCLUSIVE" }],
      }),
    );
  return [...asUndo(buildForeignKey(table, { name, definition, target }, catalog.major)), ...renames];
}

/** The partitions' parts of a foreign key or check of a partitioned table. */
export function inheritedBy(
  catalog: Catalog,
  table: Table,
  constraint: Constraint,
): readonly { readonly partition: Table; readonly own: Constraint }[] {
  const family = [table, ...partitionsOf(catalog, table)];
  return family.slice(1).flatMap((partition) => {
    const own = partition.constraints.find(
      (one) =>
        one.inherited && one.kind === constraint.kind && originOf(family, partition, one).constraint === constraint,
    );
    return own === undefined ? [] : [{ partition, own }];
  });
}

/** A key: its index is built concurrently, and taken over under a short lock; of a partitioned table leaf by leaf. */
export function restoreKey(catalog: Catalog, table: Table, constraint: Constraint, index: Index): readonly UndoStep[] {
  const { definition, name } = constraint;
  const kind = constraint.kind === "primary key" ? "PRIMARY KEY" : "UNIQUE";
  const when = timing({ deferrable: constraint.deferrable, initially_deferred: constraint.initiallyDeferred });
  const body = definitionBody(index);
  if (table.kind === "partitioned") {
    const names = partNames(table, index, catalog);
    const whole = {
      catalog,
      table,
      name,
      unique: true,
      body,
      names,
      constraint: { kind, definition, timing: when },
    } as const;
    return asUndo(partitionedIndex(whole));
  }
  return [
    { id: "", ...buildConcurrently({ index: nameOf(index), on: table, table }, true, body) },
    undoTransaction({
      title: `add ${kind.toLowerCase()} constraint ${name} to ${relationKey(table)} again, using its index`,
      table,
      statements: [
        `ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${ident(name)} ${kind} USING INDEX ${ident(index.name)}${when}`,
      ],
      locks: [...exclusiveLocks(table), { relation: nameOf(index), mode: "SHARE UPDATE EXCLUSIVE" }],
    }),
  ];
}

/** An exclusion constraint takes over no index: PostgreSQL builds it under the lock, and reads the whole table for it. */
export function restoreExclusion(table: Table, { definition, name }: Constraint): readonly UndoStep[] {
  return [addAgain(table, name, definition, true)];
}

/** Comments are no part of a definition: those of the constraint, of its index, and of their parts. */
export function restoreComments(
  catalog: Catalog,
  table: Table,
  constraint: Constraint,
  index: Index | null,
): readonly UndoStep[] {
  const members = [
    { partition: table, own: constraint },
    ...(index === null ? inheritedBy(catalog, table, constraint) : keyParts(catalog, table, index)),
  ];
  const indexes = index === null ? [] : partsOf(table, index, catalog);
  const statements = [
    ...members.flatMap(({ own, partition }) =>
      own.comment === null
        ? []
        : [`COMMENT ON CONSTRAINT ${ident(own.name)} ON ${qualified(partition)} IS ${literal(own.comment)}`],
    ),
    ...indexes.flatMap((one) =>
      one.comment === null ? [] : [`COMMENT ON INDEX ${qualified(one)} IS ${literal(one.comment)}`],
    ),
  ];
  if (statements.length === 0) return [];
  const commented = indexes.filter((one) => one.comment !== null);
  return [
    undoTransaction({
      title: `put back the comments on constraint ${constraint.name} of ${relationKey(table)}`,
      table,
      statements,
      locks: [
        { relation: nameOf(table), mode: "ACCESS SHARE" },
        ...commented.map((one) => ({ relation: nameOf(one), mode: "SHARE UPDATE EXCLUSIVE" as const })),
      ],
    }),
  ];
}

/** The constraints of the partitions that stand before the parts of an index. */
export function keyParts(
  catalog: Catalog,
  table: Table,
  index: Index,
): readonly { readonly partition: Table; readonly own: Constraint }[] {
  const parts = new Set(partsOf(table, index, catalog));
  return partitionsOf(catalog, table).flatMap((partition) => {
    const part = partition.indexes.find((one) => parts.has(one));
    const own = partition.constraints.find((one) => one.name === part?.constraint);
    return own === undefined ? [] : [{ partition, own }];
  });
}

function addAgain(table: Table, name: string, definition: string, scans = false): UndoStep {
  return {
    id: "",
    kind: "transaction",
    title: `add constraint ${name} to ${relationKey(table)} again`,
    table: nameOf(table),
    statements: [`ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${ident(name)} ${definition}`],
    locks: exclusiveLocks(table),
    patience: "short",
    scans,
    rewrites: false,
  };
}

/** The referenced table of a foreign key, with its partitions if the plan has read it. */
export function targetOf(catalog: Catalog, table: RelationName): ForeignKeyBody["target"] {
  const known = catalog.tables[relationKey(table)]?.partitions ?? [];
  return [nameOf(table), ...known.map((partition) => partition.name)];
}
