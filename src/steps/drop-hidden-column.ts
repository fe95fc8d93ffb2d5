import type { Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { hiddenConstraintName } from "./carry-names.ts";
import { exclusiveLocks, nameOf } from "./catalog-lookup.ts";
import type { Draft } from "./step-kind.ts";

/**
 * Drops a hidden column for good. Its foreign keys go first, each in a transaction of its own: dropping one locks the
 * referenced table as strongly as this one. `plan` is null where constraints kept their names.
 */
export function dropHiddenColumn(table: Table, column: string, hidden: string, plan: string | null): readonly Draft[] {
  const target = `ALTER TABLE ${qualified(table)}`;
  const body = {
    kind: "transaction" as const,
    table: nameOf(table),
    patience: "short" as const,
    scans: false,
    rewrites: false,
  };
  const foreignKeys = table.constraints.filter(
    (c) => c.kind === "foreign key" && c.columns.includes(column) && !c.inherited,
  );
  return [
    ...foreignKeys.map((constraint): Draft => {
      const name = plan === null ? constraint.name : hiddenConstraintName(table, constraint.name, plan);
      const parent = constraint.references?.table;
      return {
        ...body,
        title: `drop constraint ${relationKey(table)}.${name}`,
        statements: [`${target} DROP CONSTRAINT IF EXISTS ${ident(name)}`],
        locks: [
          ...exclusiveLocks(table),
          ...(parent === undefined ? [] : [{ relation: nameOf(parent), mode: "ACCESS EXCLUSIVE" as const }]),
        ],
        undo: [],
        irreversible: "the soak has ended",
      };
    }),
    {
      ...body,
      title: `drop column ${relationKey(table)}.${column}`,
      statements: [`${target} DROP COLUMN IF EXISTS ${ident(hidden)}`],
      locks: exclusiveLocks(table),
      undo: [],
      irreversible: "the soak has ended",
    },
  ];
}
