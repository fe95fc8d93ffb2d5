import fc from "fast-check";
import { DRAWINGS } from "./changes.ts";
import { choices, type Drawing } from "./drawing.ts";
import type { Change, DrawnSchema, TableKind } from "./model.ts";
import { drawnSchema } from "./schema.ts";

/** A table, and what is to become of it. */
export interface DrawnChange {
  readonly schema: DrawnSchema;
  readonly change: Change;
}
export type Draw = (table: TableKind) => fc.Arbitrary<DrawnChange>;

/** One operation. */
function one(drawing: Drawing): Draw {
  return (table) =>
    fc
      .record({ schema: drawnSchema(table, [drawing]), numbers: choices })
      .map(({ schema, numbers }) => ({ schema, change: drawing.change(schema, numbers) }));
}

/** Several operations on a table, each on a column of its own. */
function together(drawings: readonly Drawing[]): Draw {
  return (table) =>
    fc.record({ schema: drawnSchema(table, drawings), numbers: choices }).map(({ schema, numbers }) => {
      const [n = 0, ...rest] = numbers;
      // The next number is another new name.
      const changes = drawings.map((drawing, target) => drawing.change({ ...schema, target }, [n + target, ...rest]));
      return { schema, change: all(changes) };
    });
}

function all(changes: readonly Change[]): Change {
  const [reshaped] = changes.flatMap((change) => change.reshaped ?? []);
  const [rows] = changes.flatMap((change) => change.rows ?? []);
  return {
    operations: changes.flatMap(({ operations }) => operations),
    added: changes.flatMap(({ added = [] }) => added),
    renamed: merged(changes.map((change) => change.renamed)),
    supplement: merged(changes.map((change) => change.supplement)),
    filled: merged(changes.map((change) => change.filled)),
    retyped: merged(changes.map((change) => change.retyped)),
    ...(reshaped === undefined ? {} : { reshaped }),
    ...(rows === undefined ? {} : { rows }),
    dropped: changes.flatMap(({ dropped = [] }) => dropped),
    given: changes.flatMap(({ given = [] }) => given),
    constrains: changes.some(({ constrains }) => constrains === true),
    plainly: (table) => changes.flatMap(({ plainly }) => plainly(table)),
  };
}

function merged<V>(records: readonly (Readonly<Record<string, V>> | undefined)[]): Readonly<Record<string, V>> {
  return Object.fromEntries(records.flatMap((record) => Object.entries(record ?? {})));
}

/** Any of them. */
function any(draws: readonly Draw[]): Draw {
  return (table) => fc.oneof(...draws.map((draw) => draw(table)));
}

/** The same, with a schema for the new version. */
function versioned(draw: Draw): Draw {
  return (table) => draw(table).map(({ schema, change }) => ({ schema, change: { ...change, versioned: true } }));
}

function named(kind: string): Drawing {
  const drawing = DRAWINGS[kind];
  if (drawing === undefined) throw new Error(`${kind} is not drawn`);
  return drawing;
}

const [rename, retype] = [named("rename_column"), named("change_type")];
const beside = [
  "change_type",
  "rename_column",
  "drop_column",
  "set_not_null",
  "set_default",
  "add_column",
  "replace_columns by more",
  "update_rows",
  "delete_rows",
].map(named);

/** Those that share a sync and its fill, with each other and with what fills or changes rows besides. */
const SEVERAL = any(beside.flatMap((other) => [together([rename, other]), together([retype, rename, other])]));

const MANY: Readonly<Record<string, Draw>> = {
  "several operations": SEVERAL,
  "versioned schema": versioned(any([...Object.values(DRAWINGS).map(one), SEVERAL, SEVERAL, SEVERAL])),
};

/** What is drawn from many operations. */
export const OF_MANY: readonly string[] = Object.keys(MANY);

/** Everything that can be drawn, by the name that docs/support.md has for it. */
export const DRAWS: Readonly<Record<string, Draw>> = {
  ...Object.fromEntries(Object.entries(DRAWINGS).map(([kind, drawing]) => [kind, one(drawing)])),
  ...MANY,
};
