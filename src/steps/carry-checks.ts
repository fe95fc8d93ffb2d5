import type { Constraint, Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import { rewriteConstraint } from "../sql/definition.ts";
import { ident, qualified } from "../sql/identifier.ts";
import type { Carrying } from "./carry-indexes.ts";
import { copyName } from "./carry-names.ts";
import type { Draft } from "./step-kind.ts";
import { familyLocks, scanningTransaction, shortTransaction } from "./transaction-draft.ts";

/**
 * Copies the CHECK constraints that read the column: NOT VALID under a short lock, then VALIDATE, which stops nobody,
 * in a transaction of its own. One that is not valid or not enforced stays so. Partitions inherit theirs.
 */
export function carryChecks(carrying: Carrying): readonly Draft[] {
  return carrying.family.flatMap((member) =>
    member.constraints
      .filter((c) => c.kind === "check" && !c.inherited && c.columns.includes(carrying.from))
      .flatMap((constraint) => copyCheck(carrying, member, constraint)),
  );
}

function copyCheck({ from, plan, table, to }: Carrying, member: Table, constraint: Constraint): readonly Draft[] {
  const name = copyName(table, constraint.name, plan);
  const definition = rewriteConstraint(constraint.definition, { from, to });
  return addThenValidate(
    table,
    member,
    `check ${relationKey(member)}.${constraint.name} to ${to}`,
    name,
    definition,
    constraint.valid,
  );
}

/** ADD CONSTRAINT … NOT VALID, and VALIDATE if it is to be valid. */
export function addThenValidate(
  table: Table,
  member: Table,
  what: string,
  name: string,
  definition: string,
  valid: boolean,
): readonly Draft[] {
  const target = `ALTER TABLE ${qualified(member)}`;
  const add = shortTransaction(
    {
      title: `copy ${what}`,
      table,
      statements: [`${target} ADD CONSTRAINT ${ident(name)} ${definition}${valid ? " NOT VALID" : ""}`],
      locks: familyLocks(member, "ACCESS EXCLUSIVE"),
    },
    [],
  );
  if (!valid) return [add];
  const validate = scanningTransaction({
    title: `validate the copy of ${what}`,
    table,
    statements: [`${target} VALIDATE CONSTRAINT ${ident(name)}`],
    locks: familyLocks(member, "SHARE UPDATE EXCLUSIVE"),
  });
  return [add, validate];
}
