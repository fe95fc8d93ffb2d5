import type { Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { deriveName, ident, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { exclusiveLocks, nameOf } from "./catalog-lookup.ts";
import { lockFamily } from "./lock-family.ts";
import { onMember } from "./on-member.ts";

interface NotNullTarget {
  /** What the column is called by then, if not what the catalog says. */
  readonly called?: string;
  /** A NOT NULL constraint that goes in the same moment. */
  readonly replacing?: string;
}

/**
 * Makes a column NOT NULL again without a scan under a strong lock: a check that is added NOT VALID and validated proves
 * that there are no NULLs. From 18 on the constraints get back the names that they had, on every partition.
 *
 * @param name The column in the catalog, which says whether it was NOT NULL, and by which constraints.
 * @param partitions All partitions of the table, from the catalog.
 */
export function restoreNotNull(
  table: Table,
  name: string,
  partitions: readonly Table[],
  { called = name, replacing }: NotNullTarget = {},
): readonly UndoStep[] {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined || !column.notNull) return [];
  const check = ident(deriveName("segue_not_null_", name, relationKey(table)));
  const target = qualified(table);
  const required = [
    ...(replacing === undefined ? [] : [`ALTER TABLE ${target} DROP CONSTRAINT ${ident(replacing)}`]),
    ...(column.notNullConstraint === null
      ? [`ALTER TABLE ${target} ALTER COLUMN ${ident(called)} SET NOT NULL`]
      : constraints(table, name, called, partitions)),
  ];
  const step = (title: string, statements: readonly string[], patience: "short" | "long"): UndoStep => ({
    kind: "transaction",
    id: "",
    title: `${title} ${relationKey(table)}.${called}`,
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
  if (!column.notNullValid) return [step("require again", required, "short")];
  return [
    step(
      "require again",
      [
        `ALTER TABLE ${target} DROP CONSTRAINT IF EXISTS ${check}`,
        `ALTER TABLE ${target} ADD CONSTRAINT ${check} CHECK (${ident(called)} IS NOT NULL) NOT VALID`,
      ],
      "short",
    ),
    step("validate not null of", [`ALTER TABLE ${target} VALIDATE CONSTRAINT ${check}`], "long"),
    // No scan: VALIDATE already proved there are no nulls.
    step("set not null again", [...required, `ALTER TABLE ${target} DROP CONSTRAINT ${check}`], "short"),
  ];
}

const PLAIN = { comment: null, noInherit: false };

/**
 * From 18 on: partitions first, lowest first, for ADD CONSTRAINT on a parent names what it makes on its partitions after
 * its own, and takes over what it finds there.
 */
function constraints(table: Table, name: string, called: string, partitions: readonly Table[]): string[] {
  const made = [table, ...partitions].toReversed().flatMap((member) => {
    const column = member.columns.find((candidate) => candidate.name === name);
    const constraint = column?.notNullConstraint ?? null;
    if (column === undefined || constraint === null) return [];
    const parent = [table, ...partitions].find(
      (candidate) => member.parent !== null && relationKey(candidate) === relationKey(member.parent),
    );
    const inherits = parent?.columns.some((c) => c.name === name && c.notNullConstraint === constraint) === true;
    const { comment, noInherit } = member.constraints.find((c) => c.name === constraint) ?? PLAIN;
    const target = qualified(member);
    const added = `ALTER TABLE ${target} ADD CONSTRAINT ${ident(constraint)} NOT NULL ${ident(called)}${noInherit ? " NO INHERIT" : ""}`;
    return onMember(table, member, [
      ...(inherits ? [] : [column.notNullValid ? added : `${added} NOT VALID`]),
      ...(comment === null || inherits
        ? []
        : [`COMMENT ON CONSTRAINT ${ident(constraint)} ON ${target} IS ${literal(comment)}`]),
    ]);
  });
  return partitions.length > 0 ? [...lockFamily(table), ...made] : made;
}
