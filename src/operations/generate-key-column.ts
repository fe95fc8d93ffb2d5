import { type Catalog, type Column, factKey, type Table } from "../model/catalog.ts";
import type { Spec } from "../model/plan.ts";
import { relationKey } from "../model/relation.ts";
import { parseExpression, scalarToSql } from "../sql/expression.ts";
import { deriveName } from "../sql/identifier.ts";
import { requireTable } from "../steps/catalog-lookup.ts";
import { foreignKeysTo } from "../steps/key-foreign-keys.ts";
import { type ChangeTypeFields, immutabilityQuestions } from "./change-type-fields.ts";
import { pairedWith } from "./key-closure.ts";
import type { Phases } from "./operation.ts";
import { type GeneratedKey, refuseGenerated } from "./refuse-generated.ts";
import { refuseDuplicates } from "./replace-key-column.ts";
import { written } from "./written-table.ts";

/**
 * True if `forward` makes a value out of nothing, another one each time: the server calls it not immutable, and it reads no
 * column.
 */
export function isGenerated(fields: ChangeTypeFields, catalog: Catalog): boolean {
  const { forward } = fields;
  const [question] = immutabilityQuestions({ ...fields, reverse: undefined }, catalog.defaultSchema);
  if (forward === undefined || question === undefined) return false;
  const fact = catalog.facts[factKey(question)];
  if (fact === undefined || !("error" in fact) || fact.sqlstate !== NOT_IMMUTABLE) return false;
  const table = requireTable(catalog, fields.table);
  const columns = table.columns.map((c) => c.name);
  return parseExpression(scalarToSql(forward), { table, columns }).columns.length === 0;
}

/**
 * A column of a key gets values that have nothing to do with the ones before, a row at a time, and every column that holds
 * such a value gets the new value of the same row, by looking it up there. So the key is filled first, and its index stands
 * before anything looks up.
 *
 * @throws SegueError SEG0102 for what can't be done so
 */
export function generateKeyColumn(fields: ChangeTypeFields, catalog: Catalog, key: GeneratedKey): Phases {
  const { column, referencing, table } = key;
  refuseGenerated(fields, catalog, key);
  const { forward = "", reverse } = fields;
  const shadow = (on: Table, own: Column) => ({
    table: on,
    column: own.name,
    by: deriveName("segue_new_", own.name, relationKey(on)),
    type: fields.type,
    collation: null,
  });
  const own = shadow(table, column);
  const others = referencing.map((one) => shadow(one.table, one.column));
  refuseDuplicates(catalog, [own, ...others]);
  const direct = new Set(
    foreignKeysTo(catalog, [{ table, column: column.name }])
      .filter(({ constraint }) => constraint.columns.length === 1)
      .flatMap((found) => pairedWith(found, column.name).map((name) => placeOf(found.table, name))),
  );
  const name = written(catalog, table);
  const holding = { table: name, column: own.column, by: own.by };
  // The key's own table last: when the old shape goes, nothing else looks up in it any more.
  const tables = [...new Set(others.map((one) => one.table))].toSorted(
    (a, b) => Number(a === table) - Number(b === table),
  );
  const carry = ({ by, column: from, table: on }: typeof own, part?: "key" | "rest"): Spec => ({
    kind: "carry",
    fields: { table: written(catalog, on), from, to: by, ...(part === undefined ? {} : { part }) },
  });
  return {
    expand: [own, ...others].flatMap((one): Spec[] => [
      {
        kind: "add_column",
        fields: { table: written(catalog, one.table), column: one.by, type: one.type, like: one.column },
      },
      ...(one === own
        ? [
            {
              kind: "generate_key",
              fields: { ...holding, value: forward, ...(reverse === undefined ? {} : { old_value: reverse }) },
            },
          ]
        : []),
    ]),
    backfill: [
      carry(own, "key"),
      ...tables.map((on): Spec => ({
        kind: "sync_references",
        fields: {
          table: written(catalog, on),
          key: holding,
          columns: others
            .filter((one) => one.table === on)
            .map(({ by, column: held }) => ({
              column: held,
              by,
              ...(direct.has(placeOf(on, held)) ? { direct: true } : {}),
            })),
        },
      })),
      carry(own, "rest"),
      ...others.map((one) => carry(one)),
    ],
    contract: [
      {
        kind: "replace_key",
        fields: {
          ...holding,
          keep_name: true,
          ...(others.length === 0
            ? {}
            : {
                referencing: others.map(({ by, column: held, table: on }) => ({
                  table: written(catalog, on),
                  column: held,
                  by,
                })),
              }),
        },
      },
    ],
    warnings: [
      `${relationKey(table)}.${column.name} gets new values that have nothing to do with the old ones: whoever keeps an old one elsewhere (a URL, another database) finds no row by it after the cut-over`,
    ],
  };
}

/** SQLSTATE of what an index refuses for its expression. */
const NOT_IMMUTABLE = "42P17";

function placeOf(table: Table, column: string): string {
  return JSON.stringify([relationKey(table), column]);
}
