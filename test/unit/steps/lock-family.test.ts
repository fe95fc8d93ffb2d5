import { beforeAll, describe, test } from "vitest";
import { loadParser } from "../../../src/sql/parser.ts";
import { sync } from "../../../src/steps/sync.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { execute, lowered, undo, withSession } from "./execute-drafts.ts";

const SCRIPT = `
  CREATE SCHEMA segue;
  CREATE TABLE p (id int, a int NOT NULL, b int) PARTITION BY LIST (id);
  CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
  CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2) PARTITION BY LIST (id);
  CREATE TABLE p2x PARTITION OF p2 DEFAULT`;

beforeAll(loadParser);

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  // `execute` holds each step against a writer that has the table and none of its partitions.
  test("a sync of a partitioned table comes and goes without locking a partition before its table", async () => {
    const database = await testDatabase({ major, script: SCRIPT });
    await withSession(database, async (session) => {
      const fields = { table: "p", forward: { b: "a + 1" }, reverse: { a: "b - 1" } };
      const { expand = [] } = await lowered(session, sync, "expand", fields);
      await execute(session, expand);
      await undo(session, expand);
    });
  });
});
