import type { Catalog, Table } from "../../../src/model/catalog.ts";
import type { RelationName } from "../../../src/model/relation.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import type { TestDatabase } from "../../support/postgres.ts";
import { withSession } from "./with-session.ts";

export const inPublic = (name: string): RelationName => ({ schema: "public", name });

export async function catalogOf(database: TestDatabase, ...tables: RelationName[]): Promise<Catalog> {
  return withSession(database, (session) =>
    readCatalog(session, { tables, schemas: [], defaultSchema: "public", questions: [] }),
  );
}

export async function tableOf(database: TestDatabase, table: RelationName): Promise<Table> {
  const found = Object.values((await catalogOf(database, table)).tables)[0];
  if (found === undefined) throw new Error(`no table ${table.name}`);
  return found;
}
