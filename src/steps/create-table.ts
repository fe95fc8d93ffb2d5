import type { Catalog } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import type { TableLock } from "../model/lock.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { nameOf } from "./catalog-lookup.ts";
import { relationsOf } from "./choose-name.ts";
import { createTableFields, type CreateTableFields } from "./create-table-fields.ts";
import { newTable, type NewTable } from "./new-table.ts";
import type { StepKind } from "./step-kind.ts";
import { familyLocks, shortTransaction, undoTransaction } from "./transaction-draft.ts";
import { columnObjects, tableObject } from "./schema-objects.ts";

/** CREATE TABLE, with its constraints and comments, in one transaction: nobody can see it before it is whole. */
export const createTableStep = {
  kind: "create_table",
  fields: createTableFields,
  phases: ["expand"],
  tables: (written, schema) => [parseTableName(written.table, schema), ...targets(written, schema)],
  touches: ({ table }, schema) => [{ table: parseTableName(table, schema), column: null }],
  effects: ({ table, columns }, schema) => ({
    uses: [],
    removes: [],
    creates: [tableObject(table, schema), ...columnObjects(table, schema, Object.keys(columns))],
  }),
  lower(written, { catalog }) {
    requireFree(written, catalog);
    const created = newTable(written, catalog);
    const { table } = created;
    const name = relationKey(table);
    const parents = (mode: TableLock["mode"]): readonly TableLock[] =>
      created.parents.flatMap((parent) => familyLocks(parent, mode));
    const create = shortTransaction(
      {
        title: `create table ${name}`,
        table,
        statements: [created.statement, ...comments(written, created)],
        // Each foreign key puts triggers on the table that it references.
        locks: parents("SHARE ROW EXCLUSIVE"),
      },
      [
        undoTransaction({
          title: `drop table ${name}`,
          table,
          statements: [`DROP TABLE IF EXISTS ${qualified(table)}`],
          locks: [{ relation: nameOf(table), mode: "ACCESS EXCLUSIVE" }, ...parents("ACCESS EXCLUSIVE")],
        }),
      ],
    );
    return {
      expand: [create],
      losses: [
        {
          what: `rows of ${name}, which the plan created`,
          count: `SELECT count(*) FROM ${qualified(table)}`,
          sample: `SELECT ${sampleKey(written)} FROM ${qualified(table)} LIMIT 5`,
          flag: "--drop-data",
        },
      ],
    };
  },
  after: (written, catalog) => {
    const { table } = newTable(written, catalog);
    const relationNames = [...catalog.relationNames, ...[table, ...table.indexes].map(relationKey)];
    return { ...catalog, relationNames, tables: { ...catalog.tables, [relationKey(table)]: table } };
  },
} satisfies StepKind<CreateTableFields>;

function targets(written: CreateTableFields, schema: string): readonly RelationName[] {
  const all = [
    ...Object.values(written.columns).map((one) => one.references),
    ...(written.foreign_keys ?? []).map((key) => key.references),
  ];
  return all.flatMap((target) => (target === undefined ? [] : [parseTableName(target.table, schema)]));
}

/** @throws SegueError SEG0101 if the name is taken. */
export function requireFree({ table }: CreateTableFields, catalog: Catalog): void {
  const name = parseTableName(table, catalog.defaultSchema);
  if (!relationsOf(catalog, name.schema).taken(name.name)) return;
  throw new SegueError("SEG0101", {
    message: `the name ${relationKey(name)} is taken by another relation`,
    object: relationKey(name),
  });
}

function comments(written: CreateTableFields, { table }: NewTable): readonly string[] {
  const ofTable =
    written.comment === undefined ? [] : [`COMMENT ON TABLE ${qualified(table)} IS ${literal(written.comment)}`];
  const ofColumns = Object.entries(written.columns).flatMap(([name, { comment }]) =>
    comment === undefined ? [] : [`COMMENT ON COLUMN ${qualified(table)}.${ident(name)} IS ${literal(comment)}`],
  );
  return [...ofTable, ...ofColumns];
}

function sampleKey({ primary_key: key }: CreateTableFields): string {
  return key === undefined ? "ctid::text" : `concat_ws(', ', ${key.map(ident).join(", ")})`;
}
