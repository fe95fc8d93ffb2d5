import type { Column, Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import type { Loss } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { dollarQuote } from "../sql/literal.ts";
import type { Swap } from "./carry-renames.ts";
import { onMember } from "./on-member.ts";

/** What the old column and its duplicate are called while the statements run, and the duplicate's type. */
export interface DefaultMove {
  readonly hidden: string;
  readonly final: string;
  readonly type: string;
  /** What the default becomes where the duplicate has other values: SQL, null for none. */
  readonly rewrite?: (text: string) => string | null;
}

/** What moving a default takes, and what taking it back would lose. */
export interface MovedDefault extends Swap {
  readonly losses: readonly Omit<Loss, "step">[];
}

const INTEGERS: Readonly<Record<string, bigint>> = {
  smallint: 32_767n,
  integer: 2_147_483_647n,
  bigint: 2n ** 63n - 1n,
};

/**
 * Moves the default, and the sequences that the column owns, to the duplicate: both between the renames of the columns
 * and the end of the cut-over's transaction. A duplicate has no default before: it would make an old writer's row
 * look like a new one's. A serial's sequence is widened with its column.
 *
 * @param partitions All partitions of the table, from the catalog: each may have a default of its own.
 */
export function defaultAtCutover(
  table: Table,
  old: Column,
  { final, hidden, rewrite = (text) => text, type }: DefaultMove,
  partitions: readonly Table[] = [],
): MovedDefault {
  const only = partitions.length > 0 ? "ONLY " : "";
  const apply: string[] = [];
  const undo: string[] = [];
  for (const member of [table, ...partitions]) {
    const text = member === table ? old.default : (member.columns.find((c) => c.name === old.name)?.default ?? null);
    if (text === null) continue;
    const alter = (column: string): string => `ALTER TABLE ${only}${qualified(member)} ALTER COLUMN ${ident(column)}`;
    const next = rewrite(text);
    const set = next === null ? [] : [`${alter(final)} SET DEFAULT ${next}`];
    apply.push(...onMember(table, member, [...set, `${alter(hidden)} DROP DEFAULT`]));
    undo.push(...onMember(table, member, [`${alter(hidden)} SET DEFAULT ${text}`, `${alter(final)} DROP DEFAULT`]));
  }
  const moved = sequenceAtCutover(table, old, { final, hidden, type });
  const others = (old.otherSequences ?? []).map((sequence) => ({
    apply: ownedBy(sequence, table, final),
    undo: ownedBy(sequence, table, hidden),
  }));
  return {
    apply: [...apply, ...moved.apply, ...others.map((other) => other.apply)],
    undo: [...others.map((other) => other.undo), ...moved.undo, ...undo],
    losses: moved.losses,
  };
}

function ownedBy(sequence: RelationName, table: Table, column: string): string {
  return `ALTER SEQUENCE ${qualified(sequence)} OWNED BY ${qualified(table)}.${ident(column)}`;
}

/** DROP COLUMN takes an owned sequence with it, so it must be the duplicate's before the old column goes. */
function sequenceAtCutover(table: Table, old: Column, { final, hidden, type }: DefaultMove): MovedDefault {
  const { sequence } = old;
  if (sequence === null || old.identity !== null) return { apply: [], undo: [], losses: [] };
  const name = qualified(sequence);
  const own = (column: string): string => ownedBy(sequence, table, column);
  const before = old.sequenceType ?? old.type;
  const [narrow, wide] = [INTEGERS[before], INTEGERS[type]];
  if (narrow === undefined || wide === undefined || wide <= narrow)
    return { apply: [own(final)], undo: [own(hidden)], losses: [] };
  // A sequence that has passed the old type can't be narrowed again; the reversal is refused before, unless that is accepted.
  const narrowAgain = `DO ${dollarQuote(`
BEGIN
  IF (SELECT last_value FROM ${name}) <= ${narrow} THEN
    ALTER SEQUENCE ${name} AS ${before};
  END IF;
END
`)}`;
  return {
    apply: [own(final), `ALTER SEQUENCE ${name} AS ${type}`],
    undo: [narrowAgain, own(hidden)],
    losses: [
      {
        what: `sequence ${relationKey(sequence)} has passed what ${before} holds: it would stay ${type}, and inserts that draw from it fail`,
        count: `SELECT count(*) FROM ${name} WHERE last_value > ${narrow}`,
        sample: `SELECT last_value::text FROM ${name}`,
        flag: "--lose-values",
      },
    ],
  };
}
