import type { Catalog, Column, Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { type Expression, parseExpression, scalarToSql } from "../sql/expression.ts";
import { foreignKeysTo } from "../steps/key-foreign-keys.ts";
import { type ChangeTypeFields, FIXED } from "./change-type-fields.ts";
import { pairedWith, type Referencing } from "./key-closure.ts";

/** A key whose values are made anew, and what references it. */
export interface GeneratedKey {
  readonly table: Table;
  readonly column: Column;
  /** As the server writes it. */
  readonly type: string;
  readonly referencing: readonly Referencing[];
}

/** @throws SegueError SEG0102 for a key, or a column that references it, whose new values can't be made or looked up. */
export function refuseGenerated(fields: ChangeTypeFields, catalog: Catalog, key: GeneratedKey): void {
  const { column, referencing, table, type } = key;
  const [why, next] = ofValues(fields, table, column, type) ?? ofKey(table, column) ?? [null, ""];
  if (why !== null) throw refusal(table, column.name, why, next);
  for (const one of referencing) {
    const [own, then] = ofReference(catalog, key, one) ?? [null, ""];
    if (own !== null) throw refusal(one.table, one.column.name, own, then);
  }
}

type Refusal = readonly [why: string, next: string] | null;

function ofValues({ reverse }: ChangeTypeFields, table: Table, column: Column, type: string): Refusal {
  if (!FIXED.test(type) || !FIXED.test(column.type)) {
    return [`values of ${FIXED.test(type) ? column.type : type} can't be looked up`, "take an integer, text or uuid"];
  }
  const parsed = (text: string): Expression =>
    parseExpression(text, { table, columns: table.columns.map(({ name }) => name) });
  if (column.default !== null && parsed(column.default).constant) {
    return [
      "its default gives every row the same old value",
      "give it a default that counts first: nextval('<a sequence>')",
    ];
  }
  const numbered = column.default !== null || column.identity !== null;
  if (reverse === undefined) {
    if (numbered) return null;
    return [
      "after the cut-over a new row would have no old value, for nothing makes one",
      "say in `reverse` what does: nextval('<a sequence>')",
    ];
  }
  if (numbered) {
    return [
      `its old values go on coming from its ${column.identity === null ? "default" : "identity"}`,
      "leave `reverse` out",
    ];
  }
  const found = parsed(scalarToSql(reverse));
  return found.columns.length === 0 && !found.constant
    ? null
    : [
        "a new value that is made of nothing tells no old one",
        "write in `reverse` what makes one: nextval('<a sequence>')",
      ];
}

function ofKey(table: Table, column: Column): Refusal {
  const unique = table.indexes.some(
    ({ columns, definition, unique: one, valid }) =>
      one && valid && columns.length === 1 && columns[0] === column.name && isWhole(definition),
  );
  if (!unique) {
    return [
      "a row's new value is looked up by the old one, which is not unique by itself",
      "write `forward` by immutable functions of the column, or add_unique first, if it is",
    ];
  }
  const [user] = column.sequenceUsers ?? [];
  if (user === undefined) return null;
  return [`${user} needs its sequence, which goes with the old column`, "give that one a sequence of its own first"];
}

/** Neither partial nor over an expression: what a foreign key can point at, and a lookup can use. */
function isWhole(definition: string): boolean {
  const [, keys = "", rest = ""] =
    /^CREATE UNIQUE INDEX .* USING btree \(((?:"(?:[^"]|"")*"|\w)+)\)(.*)$/s.exec(definition) ?? [];
  return keys !== "" && !/ WHERE /.test(rest);
}

function ofReference(catalog: Catalog, key: GeneratedKey, { column, table }: Referencing): Refusal {
  if (column.default !== null || column.identity !== null) {
    return ["it has a default, whose new value is not known before there is one", "drop the default first"];
  }
  const late = deferrable(catalog, key, table, column.name);
  if (late === null || !column.notNull) return null;
  return [
    `foreign key ${late} is deferrable: a row may come before the one that it references, and has no new value until then, but must have one`,
    "make the foreign key NOT DEFERRABLE, or the column nullable, first",
  ];
}

/** A deferrable foreign key of the column to one that is replaced. */
function deferrable(
  catalog: Catalog,
  { column, referencing, table }: GeneratedKey,
  on: Table,
  name: string,
): string | null {
  const targets = [
    { table, column: column.name },
    ...referencing.map((one) => ({ table: one.table, column: one.column.name })),
  ];
  const found = foreignKeysTo(catalog, targets).find(
    (one) =>
      one.constraint.deferrable &&
      relationKey(one.table) === relationKey(on) &&
      targets.some(
        (target) =>
          relationKey(target.table) === relationKey(one.target) && pairedWith(one, target.column).includes(name),
      ),
  );
  return found?.constraint.name ?? null;
}

/** Why a column of a key can't be replaced, and what to do instead. */
export function refusal(table: Table, column: string | Column, why: string, next: string): SegueError {
  const object = `${relationKey(table)}.${typeof column === "string" ? column : column.name}`;
  return new SegueError("SEG0102", { message: `${object} can't be replaced: ${why}`, object, next });
}
