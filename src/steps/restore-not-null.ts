import type { Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { deriveName, ident, qualified } from "../sql/identifier.ts";
import { exclusiveLocks, nameOf } from "./catalog-lookup.ts";

/**
 * Makes a column NOT NULL again without a scan under a strong lock: a check that is added NOT VALID and validated
 * proves it to SET NOT NULL. On 18 the constraint gets back the name that it had.
 */
export function restoreNotNull(table: Table, name: string): readonly UndoStep[] {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined || !column.notNull) return [];
  const check = ident(deriveName("segue_not_null_", name, relationKey(table)));
  const target = qualified(table);
  const step = (title: string, statements: readonly string[], patience: "short" | "long"): UndoStep => ({
    kind: "transaction",
    id: "",
    title: `${title} ${relationKey(table)}.${name}`,
    table: nameOf(table),
    statements,
    locks:
      patience === "short"
        ? exclusiveLocks(table)
        : exclusiveLocks(table).map(({ relation }) => ({ relation, mode: "SHARE UPDATE EXCLUSIVE" as const })),
    patience,
    scans: patience === "long",
    rewrites: false,
    restoresNotNull: name,
  });
  const given = `${table.name}_${name}_not_null`;
  const renamed =
    column.notNullConstraint === null || column.notNullConstraint === given
      ? []
      : [`ALTER TABLE ${target} RENAME CONSTRAINT ${ident(given)} TO ${ident(column.notNullConstraint)}`];
  return [
    step(
      "require again",
      [
        `ALTER TABLE ${target} DROP CONSTRAINT IF EXISTS ${check}`,
        `ALTER TABLE ${target} ADD CONSTRAINT ${check} CHECK (${ident(name)} IS NOT NULL) NOT VALID`,
      ],
      "short",
    ),
    step("validate not null of", [`ALTER TABLE ${target} VALIDATE CONSTRAINT ${check}`], "long"),
    // No scan: VALIDATE already proved there are no nulls.
    step(
      "set not null again",
      [
        `ALTER TABLE ${target} ALTER COLUMN ${ident(name)} SET NOT NULL`,
        `ALTER TABLE ${target} DROP CONSTRAINT ${check}`,
        ...renamed,
      ],
      "short",
    ),
  ];
}
