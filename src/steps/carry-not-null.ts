import type { Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import type { UndoStep } from "../model/step.ts";
import { byteLength, ident, MAX_NAME_BYTES, qualified } from "../sql/identifier.ts";
import { addThenValidate } from "./carry-checks.ts";
import type { Carrying } from "./carry-indexes.ts";
import { copyName } from "./carry-names.ts";
import type { Draft } from "./step-kind.ts";
import { familyLocks, shortTransaction, undoTransaction } from "./transaction-draft.ts";

/**
 * Makes the duplicate NOT NULL where the column is, without a scan under a strong lock. From 18 on NOT NULL is a
 * constraint that can be NOT VALID; before that, a validated check proves it to SET NOT NULL.
 */
export function carryNotNull(carrying: Carrying): readonly Draft[] {
  return notNullOrigins(carrying.family, carrying.from).flatMap((member) =>
    carrying.catalog.major >= 18 ? byConstraint(carrying, member) : byCheck(carrying, member),
  );
}

/**
 * The same, to stand in the cut-over: with the steps that take it back, so that the cut-over can be reversed and run
 * again.
 */
export function carryNotNullAtCutover(carrying: Carrying): readonly Draft[] {
  const { family, from, plan, table, to } = carrying;
  return notNullOrigins(family, from).flatMap((member) => {
    const target = `ALTER TABLE ${qualified(member)}`;
    const check = carrying.catalog.major < 18;
    const name = check ? copyName(table, `${to}_not_null`, plan) : notNullCopyName(carrying, member);
    const locks = familyLocks(member, "ACCESS EXCLUSIVE");
    const back = (statement: string): UndoStep =>
      undoTransaction({ title: `take back ${title(member, to)}`, table, statements: [statement], locks });
    const drafts = check ? byCheck(carrying, member) : byConstraint(carrying, member);
    return drafts.map((draft, index): Draft => {
      if (index === 0) return { ...draft, undo: [back(`${target} DROP CONSTRAINT IF EXISTS ${ident(name)}`)] };
      const sets = check && index === drafts.length - 1;
      return sets ? { ...draft, undo: [back(`${target} ALTER COLUMN ${ident(to)} DROP NOT NULL`)] } : draft;
    });
  });
}

/** The tables of a family on which the column is NOT NULL of their own: not because the parent's is. */
export function notNullOrigins(family: readonly Table[], column: string): readonly Table[] {
  const required = new Set(
    family.filter((member) => member.columns.some((c) => c.name === column && c.notNull)).map(relationKey),
  );
  return family.filter(
    (member) =>
      required.has(relationKey(member)) && (member.parent === null || !required.has(relationKey(member.parent))),
  );
}

/**
 * What the NOT NULL constraint of the duplicate is called until the cut-over. RENAME reaches the partitions by the
 * parent's name, and fails where one of theirs differs (seen on 18): then the copy keeps the name that it is made
 * with until the drop (notNullNames), so it is one that PostgreSQL could have chosen.
 */
export function notNullCopyName(
  { family, from, plan, table }: Pick<Carrying, "family" | "from" | "plan" | "table">,
  origin: Table,
): string {
  const members = membersBelow(family, origin);
  const original = nameOn(origin, from);
  if (members.every((member) => nameOn(member, from) === original)) return copyName(table, original, plan);
  const taken = new Set(members.flatMap((member) => member.constraints.map((c) => c.name)));
  for (let number = 1; ; number++) {
    const name = `${original}${number}`;
    if (byteLength(name) > MAX_NAME_BYTES) return copyName(table, original, plan);
    if (!taken.has(name)) return name;
  }
}

/** True if the constraint has one name on the table and all partitions below, so that RENAME works. */
export function canRenameNotNull(family: readonly Table[], origin: Table, column: string): boolean {
  return membersBelow(family, origin).every((member) => nameOn(member, column) === nameOn(origin, column));
}

/** The name of the column's NOT NULL constraint. */
export function nameOn(member: Table, column: string): string {
  return member.columns.find((c) => c.name === column)?.notNullConstraint ?? `${column}_not_null`;
}

function membersBelow(family: readonly Table[], origin: Table): readonly Table[] {
  const below = new Set([relationKey(origin), ...origin.partitions.map((partition) => relationKey(partition.name))]);
  return family.filter((member) => below.has(relationKey(member)));
}

function byConstraint(carrying: Carrying, member: Table): readonly Draft[] {
  const { from, table, to } = carrying;
  const valid = member.columns.some((c) => c.name === from && c.notNullValid);
  const { noInherit } = member.constraints.find((c) => c.name === nameOn(member, from)) ?? { noInherit: false };
  const definition = `NOT NULL ${ident(to)}${noInherit ? " NO INHERIT" : ""}${valid ? "" : " NOT VALID"}`;
  return addThenValidate(table, member, title(member, to), notNullCopyName(carrying, member), definition, valid);
}

function byCheck(carrying: Carrying, member: Table): readonly Draft[] {
  const { plan, table, to } = carrying;
  const name = copyName(table, `${to}_not_null`, plan);
  const target = `ALTER TABLE ${qualified(member)}`;
  return [
    ...addThenValidate(table, member, title(member, to), name, `CHECK (${ident(to)} IS NOT NULL)`, true),
    shortTransaction(
      {
        title: `set ${relationKey(member)}.${to} not null`,
        table,
        // No scan: VALIDATE already proved there are no nulls.
        statements: [`${target} ALTER COLUMN ${ident(to)} SET NOT NULL`, `${target} DROP CONSTRAINT ${ident(name)}`],
        locks: familyLocks(member, "ACCESS EXCLUSIVE"),
      },
      [],
    ),
  ];
}

function title(member: Table, to: string): string {
  return `not null of ${relationKey(member)} to ${to}`;
}
