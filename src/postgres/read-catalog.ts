import type { Catalog, Question, Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { readColumns } from "./catalog-columns.ts";
import { readConstraints } from "./catalog-constraints.ts";
import { readDependents } from "./catalog-dependents.ts";
import { readIndexes } from "./catalog-indexes.ts";
import { readReferencing } from "./catalog-referencing.ts";
import { type Referenced, readReferencingTables } from "./referencing-tables.ts";
import { readRelationNames } from "./catalog-relation-names.ts";
import { readTablesOfEnums } from "./tables-of-enums.ts";
import { readStatistics } from "./catalog-statistics.ts";
import { readTableNeeds } from "./catalog-table-needs.ts";
import { readTables } from "./catalog-tables.ts";
import { readTriggers } from "./catalog-triggers.ts";
import { consistentRead } from "./consistent-read.ts";
import { answerQuestions } from "./facts.ts";
import type { Session } from "./session.ts";

export interface CatalogScope {
  readonly tables: readonly RelationName[];
  /** Where relation names that are taken are looked for, besides the schemas of the tables. */
  readonly schemas: readonly string[];
  readonly defaultSchema: string;
  readonly questions: readonly Question[];
  /** What references these columns, directly or through others, is read too. */
  readonly referenced?: readonly Referenced[];
  /** Tables with columns of these are read too. */
  readonly enums?: readonly RelationName[];
}

/**
 * Reads the part of the database that a plan is about: a fixed number of queries, however many tables and columns.
 * In an open transaction it works inside of it; the questions need one that is not read-only.
 */
export async function readCatalog(session: Session, scope: CatalogScope): Promise<Catalog> {
  const { schemas, defaultSchema, questions, referenced = [], enums = [] } = scope;
  const read = await consistentRead(session, async () => {
    const tables = [
      ...scope.tables,
      ...(await readReferencingTables(session, referenced)),
      ...(await readTablesOfEnums(session, enums)),
    ];
    return {
      major: await majorOf(session),
      tables: await assembled(session, tables),
      relationNames: await readRelationNames(session, [
        ...schemas,
        defaultSchema,
        ...tables.map(({ schema }) => schema),
      ]),
    };
  });
  return { ...read, defaultSchema, facts: await answerQuestions(session, questions, { schema: defaultSchema }) };
}

async function assembled(session: Session, names: readonly RelationName[]): Promise<Record<string, Table>> {
  const bare = await readTables(session, names);
  const oids = bare.map((table) => table.oid);
  const columns = await readColumns(session, oids);
  const constraints = await readConstraints(session, oids);
  const indexes = await readIndexes(session, oids);
  const triggers = await readTriggers(session, oids);
  const statistics = await readStatistics(session, oids);
  const dependents = await readDependents(session, oids);
  const referencing = await readReferencing(session, oids);
  const needs = await readTableNeeds(session, oids);
  return Object.fromEntries(
    bare.map((table) => [
      relationKey(table),
      {
        ...table,
        columns: columns(table.oid),
        constraints: constraints(table.oid),
        indexes: indexes(table.oid),
        triggers: triggers(table.oid),
        statistics: statistics(table.oid),
        dependents: dependents(table.oid),
        referencing: referencing(table.oid),
        needs: needs(table.oid),
      },
    ]),
  );
}

async function majorOf(session: Session): Promise<number> {
  const { rows } = await session.query<{ major: number }>(
    "SELECT current_setting('server_version_num')::int / 10000 AS major",
  );
  return rows[0]?.major ?? 0;
}
