import type { Catalog, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { dollarQuote, literal } from "../sql/literal.ts";
import { constraintCopyName } from "./carry-comments.ts";
import { partitionsOf, readsColumn } from "./carry-family.ts";
import { copyName, hiddenConstraintName } from "./carry-names.ts";
import { canRenameNotNull, nameOn, notNullCopyName, notNullOrigins } from "./carry-not-null.ts";
import { onMember } from "./on-member.ts";

/** Statements of the cut-over, and those that take them back, in the order in which they run. */
export interface Swap {
  readonly apply: readonly string[];
  readonly undo: readonly string[];
}

interface Names {
  readonly original: string;
  readonly hidden: string;
  readonly copy: string;
}

/**
 * What hangs on the old column goes out of sight and the copies take the original names: indexes, constraints and
 * extended statistics of the table and of its partitions; a copy becomes the replica identity or the index to cluster
 * on if its original is. Names objects only, never columns: it may stand before or after these are renamed. Short:
 * ACCESS EXCLUSIVE on the tables, no scan.
 *
 * @param oldBecomesNullable True if the cut-over also drops the old column's NOT NULL, after these statements: the
 * undo then frees the name and leaves it to whoever puts NOT NULL back.
 * @throws SegueError SEG0102 if the replica identity could not be put back then: its columns must be NOT NULL.
 */
export function carryRenames(
  table: Table,
  column: string,
  plan: string,
  { catalog, oldBecomesNullable }: { readonly catalog: Catalog; readonly oldBecomesNullable: boolean },
): Swap {
  const family = [table, ...partitionsOf(catalog, table)];
  const identity = family
    .flatMap((member) => member.indexes)
    .find((i) => i.replicaIdentity && i.columns.includes(column));
  if (oldBecomesNullable && identity !== undefined) {
    throw new SegueError("SEG0102", {
      message: `${relationKey(table)}.${column} is in the replica identity ${identity.name}, and the old column could turn NULL after the cut-over`,
      object: `${relationKey(table)}.${column}`,
    });
  }
  const swaps = family.map((member) =>
    together(table, member, [
      ...indexSwaps(table, member, column, plan),
      ...constraintSwaps(table, family, member, column, plan),
      ...statisticsSwaps(table, member, column, plan),
      ...roleSwaps(table, member, column, plan),
    ]),
  );
  if (catalog.major >= 18) swaps.push(...notNullSwaps(table, family, column, plan, oldBecomesNullable));
  return { apply: swaps.flatMap((swap) => swap.apply), undo: swaps.toReversed().flatMap((swap) => swap.undo) };
}

function indexSwaps(table: Table, member: Table, column: string, plan: string): Swap[] {
  // The index of a constraint takes its constraint's name with it.
  return member.indexes
    .filter((index) => index.constraint === null && index.columns.includes(column))
    .map(({ name, schema }) =>
      swap(
        { original: name, hidden: hiddenConstraintName(table, name, plan), copy: copyName(table, name, plan) },
        (from, to) => `ALTER INDEX ${qualified({ schema, name: from })} RENAME TO ${ident(to)}`,
        (name) => `to_regclass(${literal(qualified({ schema, name }))}) IS NOT NULL`,
      ),
    );
}

function constraintSwaps(table: Table, family: readonly Table[], member: Table, column: string, plan: string): Swap[] {
  const swaps: Swap[] = [];
  for (const constraint of member.constraints) {
    if (constraint.kind === "not null" || !readsColumn(member, constraint, column)) continue;
    // RENAME reaches inherited checks by itself, and no other kind of constraint (seen on 14 and 18).
    if (constraint.kind === "check" && constraint.inherited) continue;
    const copy = constraintCopyName({ family, from: column, plan, table }, member, constraint);
    if (copy === null) continue;
    const hidden = hiddenConstraintName(table, constraint.name, plan);
    swaps.push(constraintSwap(member, { original: constraint.name, hidden, copy }));
  }
  return swaps;
}

function statisticsSwaps(table: Table, member: Table, column: string, plan: string): Swap[] {
  return member.statistics
    .filter((statistics) => statistics.columns.includes(column))
    .map(({ name, schema }) =>
      swap(
        { original: name, hidden: hiddenConstraintName(table, name, plan), copy: copyName(table, name, plan) },
        (from, to) => `ALTER STATISTICS ${qualified({ schema, name: from })} RENAME TO ${ident(to)}`,
        (name) =>
          `EXISTS (SELECT FROM pg_catalog.pg_statistic_ext WHERE stxname = ${literal(name)} AND stxnamespace = ${literal(ident(schema))}::regnamespace)`,
      ),
    );
}

function notNullSwaps(
  table: Table,
  family: readonly Table[],
  column: string,
  plan: string,
  oldBecomesNullable: boolean,
): Swap[] {
  return notNullOrigins(family, column)
    .filter((origin) => canRenameNotNull(family, origin, column))
    .map((origin) => {
      const original = nameOn(origin, column);
      const copy = notNullCopyName({ family, from: column, plan, table }, origin);
      const hidden = hiddenConstraintName(table, original, plan);
      const both = constraintSwap(origin, { original, hidden, copy });
      const undo = oldBecomesNullable ? both.undo.slice(0, 1) : both.undo;
      return together(table, origin, [{ apply: both.apply, undo }]);
    });
}

/** Replica identity and CLUSTER name an index: the copy, which by now has the original's name. */
function roleSwaps(table: Table, member: Table, column: string, plan: string): Swap[] {
  const target = `ALTER TABLE ${qualified(member)}`;
  return member.indexes
    .filter((index) => index.columns.includes(column))
    .flatMap(({ clustered, name, replicaIdentity }) => {
      const hidden = ident(hiddenConstraintName(table, name, plan));
      const roles = [
        ...(replicaIdentity ? ["REPLICA IDENTITY USING INDEX"] : []),
        ...(clustered ? ["CLUSTER ON"] : []),
      ];
      return roles.map((role) => ({
        apply: [`${target} ${role} ${ident(name)}`],
        undo: [`${target} ${role} ${hidden}`],
      }));
    });
}

/** The swaps of one member as one. */
function together(table: Table, member: Table, swaps: readonly Swap[]): Swap {
  return {
    apply: onMember(
      table,
      member,
      swaps.flatMap((one) => one.apply),
    ),
    undo: onMember(
      table,
      member,
      swaps.toReversed().flatMap((one) => one.undo),
    ),
  };
}

function constraintSwap(member: Table, names: Names): Swap {
  return swap(
    names,
    (from, to) => renameConstraint(member, from, to),
    (name) =>
      `EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conname = ${literal(name)} AND conrelid = ${literal(qualified(member))}::regclass)`,
  );
}

/** On any day of the soak a person may drop what the new version has: then nothing has to make room for the original. */
function swap(
  { copy, hidden, original }: Names,
  rename: (from: string, to: string) => string,
  stands: (name: string) => string,
): Swap {
  const makeRoom = dollarQuote(`
BEGIN
  IF ${stands(original)} THEN
    ${rename(original, copy)};
  END IF;
END
`);
  return {
    apply: [rename(original, hidden), rename(copy, original)],
    undo: [`DO ${makeRoom}`, rename(hidden, original)],
  };
}

function renameConstraint(member: Table, from: string, to: string): string {
  return `ALTER TABLE ${qualified(member)} RENAME CONSTRAINT ${ident(from)} TO ${ident(to)}`;
}
