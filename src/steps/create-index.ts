import { z } from "zod";
import type { Catalog, Index, Table } from "../model/catalog.ts";
import { objectName, tableName } from "../model/fields.ts";
import type { Touch } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { nameOf, requireTable, withTable } from "./catalog-lookup.ts";
import { chooseName, relationsOf } from "./choose-name.ts";
import { buildConcurrently, dropConcurrently } from "./concurrent-index.ts";
import { indexedColumns, keySource, namedAfter, plainColumns } from "./index-columns.ts";
import { indexBody, indexDefinition } from "./index-definition.ts";
import { partitionNames } from "./partition-names.ts";
import { partitionedIndex, requirePartitionKey } from "./partitioned-index.ts";
import type { Draft, StepKind } from "./step-kind.ts";
import { shortTransaction } from "./transaction-draft.ts";
import { indexObject, usesColumns } from "./schema-objects.ts";

const fields = indexDefinition
  .extend({
    table: tableName,
    name: objectName.optional().describe("Default: `<table>_<columns>_idx`."),
    comment: z.string().optional(),
  })
  .describe("Builds an index without stopping writers.");
export type CreateIndexFields = z.infer<typeof fields>;

/** CREATE INDEX CONCURRENTLY; on a partitioned table leaf by leaf. */
export const createIndexStep = {
  kind: "create_index",
  fields,
  phases: ["backfill"],
  tables: ({ table }, schema) => [parseTableName(table, schema)],
  touches: (written, schema) => touchesOf(written, schema),
  effects: ({ table, columns, name }, schema) => ({
    ...usesColumns(table, schema, plainColumns(columns)),
    creates: name === undefined ? [] : [indexObject(table, schema, name)],
  }),
  lower(written, { catalog }) {
    const table = requireTable(catalog, written.table);
    const body = indexBody(written, table, catalog.major);
    const index = { schema: table.schema, name: indexName(written, catalog) };
    const comment = commentDraft(written, table, index.name);
    if (table.kind === "partitioned") {
      if (written.unique === true) requirePartitionKey(plainColumns(written.columns), table);
      const drafts = partitionedIndex({
        catalog,
        table,
        name: index.name,
        unique: written.unique === true,
        body,
        names: partitionNames(catalog, table, index.name, [...namedAfter(written), "idx"]),
        constraint: null,
      });
      return { backfill: [...drafts, ...comment] };
    }
    const place = { index, on: table, table };
    const build = buildConcurrently(place, written.unique === true, body);
    return { backfill: [{ ...build, undo: [dropConcurrently(place)] }, ...comment] };
  },
  after: (written, catalog) => withIndex(written, catalog),
} satisfies StepKind<CreateIndexFields>;

/** The name given, or PostgreSQL's own pattern. @throws SegueError SEG0101 if the given one is taken. */
export function indexName(written: CreateIndexFields, catalog: Catalog): string {
  const table = requireTable(catalog, written.table);
  const wanted = [table.name, ...namedAfter(written), "idx"].join("_");
  return chooseName(written.name, wanted, relationsOf(catalog, table.schema));
}

function touchesOf(written: CreateIndexFields, schema: string): readonly Touch[] {
  const table = parseTableName(written.table, schema);
  const opaque = written.where !== undefined || written.columns.some((key) => "expression" in keySource(key));
  // Which columns an expression reads is known only with the catalog at hand.
  if (opaque) return [{ table, column: null }];
  return [...plainColumns(written.columns), ...(written.include ?? [])].map((column) => ({ table, column }));
}

function commentDraft({ comment }: CreateIndexFields, table: Table, name: string): readonly Draft[] {
  if (comment === undefined) return [];
  const index = { schema: table.schema, name };
  return [
    shortTransaction(
      {
        title: `comment on index ${relationKey(index)}`,
        table,
        statements: [`COMMENT ON INDEX ${qualified(index)} IS ${literal(comment)}`],
        locks: [{ relation: index, mode: "SHARE UPDATE EXCLUSIVE" }],
      },
      [],
    ),
  ];
}

function withIndex(written: CreateIndexFields, catalog: Catalog): Catalog {
  const table = requireTable(catalog, written.table);
  const name = indexName(written, catalog);
  const unique = written.unique === true;
  const only = table.kind === "partitioned" ? "ONLY " : "";
  const index: Index = {
    schema: table.schema,
    name,
    definition: `CREATE ${unique ? "UNIQUE " : ""}INDEX ${ident(name)} ON ${only}${qualified(table)} ${indexBody(written, table, catalog.major)}`,
    columns: indexedColumns(written, table),
    unique,
    primary: false,
    exclusion: false,
    valid: true,
    constraint: null,
    parent: null,
    replicaIdentity: false,
    clustered: false,
    comment: written.comment ?? null,
    bytes: 0,
  };
  const relationNames = [...catalog.relationNames, relationKey(nameOf(index))];
  return withTable({ ...catalog, relationNames }, { ...table, indexes: [...table.indexes, index] });
}
