import type { Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { type Expression, parseExpression } from "../sql/expression.ts";
import { scalarToSql } from "../sql/expression.ts";
import { requireColumn } from "./catalog-lookup.ts";
import { assignmentCanRaise } from "./cast.ts";

/** One column that a sync derives. */
export interface Derivation {
  readonly column: string;
  readonly type: string;
  readonly expression: Expression;
  /** The type of the source if the expression is one plain column. */
  readonly sourceType: string | null;
  /** True if computing or assigning it can raise: it is then guarded. */
  readonly guarded: boolean;
}

/** A connected set of columns: the direction of a write is decided for the set as a whole. */
export interface Pair {
  readonly forward: readonly Derivation[];
  readonly reverse: readonly Derivation[];
  /** The columns that `forward` reads: a change to one of them recomputes the new side. */
  readonly reads: readonly string[];
}

export interface SyncFields {
  readonly table: string;
  readonly forward?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly reverse?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly fill?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly defaults?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** What a sync says, resolved against its table. */
export interface Sync {
  readonly table: Table;
  readonly pairs: readonly Pair[];
  /** Columns that get a value whenever a write would leave them NULL. */
  readonly fill: readonly Derivation[];
  /** What a new writer's row gets in columns that it leaves out: their defaults, from the cut-over on. */
  readonly defaults: readonly Derivation[];
  /** True if it means the same on any search_path; left out where that was not looked at. */
  readonly anyPath?: boolean;
}

/** @throws SegueError SEG0101 for a column that the table lacks or a `reverse` without its `forward`, SEG0004 for an expression, SEG0103 for a generated column. */
export function resolveSync(fields: SyncFields, table: Table): Sync {
  const derive = (map: SyncFields["forward"]): Derivation[] =>
    Object.entries(map ?? {}).map(([column, scalar]) => derivation(table, column, scalar));
  const forward = derive(fields.forward);
  const reverse = derive(fields.reverse);
  const pairs = connect(forward, reverse);
  const alone = pairs.find((pair) => pair.forward.length === 0)?.reverse[0];
  if (alone !== undefined) throw unconnected(table, alone.column);
  const defaults = derive(fields.defaults);
  for (const { column, expression } of defaults) {
    if (expression.columns.length === 0 && forward.some((derived) => derived.column === column)) continue;
    throw unfitDefault(table, column);
  }
  const fill = derive(fields.fill);
  const derived = new Set(pairs.flatMap((pair) => [...pair.forward, ...pair.reverse]).map(({ column }) => column));
  const twice = fill.find(({ column }) => derived.has(column));
  if (twice !== undefined) throw filledTwice(table, twice.column);
  return { table, pairs, fill, defaults };
}

function derivation(table: Table, name: string, scalar: string | number | boolean): Derivation {
  const column = requireColumn(table, name);
  if (column.generated !== null) throw generatedColumn(table, name);
  const expression = parseExpression(scalarToSql(scalar), {
    table,
    columns: table.columns.map((c) => c.name),
    types: new Map(table.columns.map((c) => [c.name, c.type])),
  });
  for (const read of expression.columns) {
    // A BEFORE trigger sees a generated column before it is computed: the value would be wrong.
    if (requireColumn(table, read).generated !== null) throw generatedColumn(table, read);
  }
  const sourceType = expression.column === null ? null : requireColumn(table, expression.column).type;
  const assignment =
    sourceType === null
      ? !takesAnything(column.type) && !(expression.constant && isPlain(column.type))
      : assignmentCanRaise(sourceType, column.type);
  const guarded = expression.canRaise || assignment;
  return { column: name, type: column.type, expression, sourceType, guarded };
}

function takesAnything(type: string): boolean {
  return type === "text" || type === "character varying";
}

/** A constant is converted to a type without length or domain when it is planned: at expand, before a write meets it. */
function isPlain(type: string): boolean {
  return /^[a-z ]+$/.test(type);
}

function generatedColumn(table: Table, name: string): SegueError {
  return new SegueError("SEG0103", {
    message: `${relationKey(table)}.${name} is a generated column: a sync trigger can't read or write it`,
    object: `${relationKey(table)}.${name}`,
  });
}

function unconnected(table: Table, column: string): SegueError {
  return new SegueError("SEG0101", {
    message: `\`reverse\` of ${relationKey(table)}.${column} reads no column that \`forward\` derives, and no \`forward\` reads it: which side a writer changed can't be told`,
    object: `${relationKey(table)}.${column}`,
    next: "derive it by `forward`, or by `fill` if it just needs a value",
  });
}

/** One fill can't give a column two values, and its other side would not have the one that `fill` gives. */
function filledTwice(table: Table, column: string): SegueError {
  return new SegueError("SEG0101", {
    message: `${relationKey(table)}.${column} gets its values from another column, and by \`fill\`: a write would leave it unclear which of them`,
    object: `${relationKey(table)}.${column}`,
    next: "make them two plans, the second with `requires: [<the first>]`; or put the value into the expression: coalesce(<expression>, <value>)",
  });
}

function unfitDefault(table: Table, column: string): SegueError {
  return new SegueError("SEG0101", {
    message: `\`defaults\` of ${relationKey(table)}.${column}: a default reads no column, and is of a column that \`forward\` derives`,
    object: `${relationKey(table)}.${column}`,
  });
}

/** Sets of derivations that name each other's columns. A column that is only read joins nothing. */
function connect(forward: readonly Derivation[], reverse: readonly Derivation[]): Pair[] {
  const pairs: { forward: Derivation[]; reverse: Derivation[] }[] = [];
  for (const derived of forward) pairs.push({ forward: [derived], reverse: [] });
  for (const derived of reverse) {
    const joined = pairs.filter((pair) =>
      pair.forward.some(
        (f) => f.expression.columns.includes(derived.column) || derived.expression.columns.includes(f.column),
      ),
    );
    const merged = {
      forward: joined.flatMap((p) => p.forward),
      reverse: [...joined.flatMap((p) => p.reverse), derived],
    };
    for (const pair of joined) pairs.splice(pairs.indexOf(pair), 1);
    pairs.push(merged);
  }
  return pairs.map((pair) => ({
    ...pair,
    reads: [...new Set(pair.forward.flatMap((f) => f.expression.columns))].filter(
      (column) => !pair.forward.some((f) => f.column === column),
    ),
  }));
}
