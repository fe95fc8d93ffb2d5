import type { Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import type { Loss, UndoStep } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { defaultAtCutover } from "./carry-default.ts";
import { carryRenames } from "./carry-renames.ts";
import { assignmentCanRaise } from "./cast.ts";
import { requireColumn } from "./catalog-lookup.ts";
import { hiddenName } from "./contract-entries.ts";
import { dropNotNullStatements } from "./drop-not-null-statements.ts";
import { viewsOf } from "./following-views.ts";
import { generatedKey } from "./generated-key.ts";
import { generatedDefault } from "./generated-default.ts";
import type { KeyColumn } from "./key-entries.ts";
import { familyWithoutKey, withFamily } from "./key-family.ts";
import { moveIdentity, sequencePassed } from "./move-identity.ts";
import { restoreNotNull } from "./restore-not-null.ts";
import type { LowerContext } from "./step-kind.ts";
import { unrepresentable } from "./sync-verification.ts";
import { viewSwap } from "./view-swap.ts";

/** What the cut-over does to one column of a key: parts of the one transaction that does it to all of them. */
export interface ColumnSwap {
  readonly replaced: KeyColumn;
  readonly hidden: string;
  /** What the duplicate is called then. */
  readonly final: string;
  /** True if views read the duplicate from then on. */
  readonly follows: boolean;
  /** Before the keys are made: columns, defaults, names. */
  readonly apply: readonly string[];
  /** After the keys are made. */
  readonly after: readonly string[];
  /** What proves that the hidden column has no NULL, while the application still works on the new one. */
  readonly proof: readonly UndoStep[];
  readonly undo: readonly string[];
  readonly losses: readonly Omit<Loss, "step">[];
}

interface SwapOptions {
  /** True if the sync derives the old column by just copying the new one. */
  readonly copied: boolean;
  readonly keepsName: boolean;
  /** What a default becomes. */
  readonly rewrite?: (text: string) => string | null;
}

/** How a column and its duplicate change places. */
export function swapColumn(
  replaced: KeyColumn,
  columns: readonly KeyColumn[],
  context: LowerContext,
  { copied, keepsName, rewrite }: SwapOptions,
): ColumnSwap {
  const { by, column, table } = replaced;
  const { catalog, plan } = context;
  const [old, fresh] = [requireColumn(table, column), requireColumn(table, by)];
  const family = familyWithoutKey(catalog, table, column, columns);
  const [seen = table, ...partitions] = family;
  const hidden = hiddenName(table, column, plan);
  const final = keepsName ? column : by;
  const values = generatedKey(context, table, column);
  // What makes the values makes one for each side.
  const unheld = values === undefined && (!copied || assignmentCanRaise(fresh.type, old.type));
  const nullable = old.notNull && unheld;
  const names = carryRenames(seen, column, plan, {
    catalog: withFamily(catalog, family),
    oldBecomesNullable: nullable,
  });
  const moved =
    values === undefined
      ? defaultAtCutover(
          table,
          old,
          { hidden, final, type: fresh.type, ...(rewrite === undefined ? {} : { rewrite }) },
          partitions,
        )
      : generatedDefault(table, values, { hidden, final, oldType: old.type, type: fresh.type });
  const rename = (from: string, to: string): string =>
    `ALTER TABLE ${qualified(table)} RENAME COLUMN ${ident(from)} TO ${ident(to)}`;
  const required = nullable ? restoreNotNull(table, column, partitions, { called: hidden }) : [];
  // Such a column stays the identity, hidden as it is: it goes on numbering the rows.
  const handed = values === undefined ? old : { identity: null, sequence: null };
  const passed = sequencePassed(handed, old.type, fresh.type);
  const follows = viewsOf(old, fresh) === "follow";
  const views = follows ? viewSwap(table, { column, by, hidden, final }, context) : { apply: [], undo: [] };
  return {
    replaced,
    hidden,
    final,
    follows,
    apply: [
      rename(column, hidden),
      ...(keepsName ? [rename(by, column)] : []),
      ...views.apply,
      ...moved.apply,
      ...names.apply,
      ...moveIdentity(table, handed, { from: hidden, to: final, fromType: old.type, toType: fresh.type }),
    ],
    after: nullable ? dropNotNullStatements(catalog, table, column, hidden) : [],
    // Whoever leaves the column nullable would be left without the key.
    proof: required.slice(0, -1).map((one) => {
      const { restoresNotNull: _, ...step } = one;
      return step;
    }),
    undo: [
      ...names.undo,
      ...moved.undo,
      ...views.undo,
      ...(keepsName ? [rename(column, by)] : []),
      rename(hidden, column),
      ...(nullable ? requireAgain(table, column, partitions) : []),
      ...moveIdentity(table, handed, { from: by, to: column, fromType: fresh.type, toType: old.type }),
    ],
    losses: [
      ...moved.losses,
      ...(passed === null ? [] : [passed]),
      ...(nullable ? [keyless(table, hidden, final, column)] : []),
      ...(unheld && !nullable ? [unrepresentable(table, hidden, final, column)] : []),
    ],
  };
}

/** The last of the steps that make a column NOT NULL again: by the name that it has got back by then. */
function requireAgain(table: Table, column: string, partitions: readonly Table[]): readonly string[] {
  const last = restoreNotNull(table, column, partitions).at(-1);
  return last?.kind === "transaction" ? last.statements : [];
}

/** A row whose value the old type can't hold has none in the old shape, where it must have one. */
function keyless(table: Table, hidden: string, final: string, column: string): Omit<Loss, "step"> {
  return {
    ...unrepresentable(table, hidden, final, column),
    what: `${relationKey(table)}.${column} must have a value, and the old type can't hold it`,
    flag: null,
  };
}
