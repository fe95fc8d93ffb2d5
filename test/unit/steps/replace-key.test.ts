import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import { scopeOf } from "../../../src/compiler/scope.ts";
import { completeSettings } from "../../../src/plan/merge-settings.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { planOf } from "../compiler/compile-plan.ts";
import { executeWithFills, snapshot, undo, withSession } from "./execute-drafts.ts";

beforeAll(loadParser);

const SCHEMA = `
  create schema segue;
  create table customers (id int primary key, invited_by int references customers, name text);
  create table orders (id int not null, region int not null, customer_id int not null references customers,
    primary key (customer_id, id, region)) partition by list (region);
  create table orders_0 partition of orders for values in (0);
  create table orders_1 partition of orders for values in (1);
  create table lines (customer_id int, order_id int, region int,
    foreign key (customer_id, order_id, region) references orders on delete cascade);
  insert into customers select i, 1, 'n' || i from generate_series(1, 5) i;
  insert into orders select i, i % 2, i from generate_series(1, 5) i;
  insert into lines select i, i, i % 2 from generate_series(1, 5) i`;

/**
 * Up to 17 VALIDATE leaves the parts that a foreign key to a partitioned table has, one a partition of it, as they were
 * added. They come and go with their key, which is valid.
 */
const known = async (session: Session): Promise<readonly string[]> =>
  (await snapshot(session)).filter((line) => !/^constraint lines_\w+_fkey\d of lines/.test(line));

const PLANS = {
  "a change of type": "operations: [change_type: { table: customers, column: id, type: bigint }]",
  "a rename": "operations: [rename_column: { table: customers, from: id, to: number }]",
  "another primary key": "operations: [change_primary_key: { table: customers, columns: [name, id] }]",
};

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test.each(Object.entries(PLANS))("%s locks what it says, forth and back", async (_, text) => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const plan = planOf(text);
      const scope = { ...scopeOf(plan, "public"), defaultSchema: "public" };
      const found = await readCatalog(session, scope);
      const partitions = Object.values(found.tables).flatMap((table) => table.partitions.map(({ name }) => name));
      const catalog = await readCatalog(session, { ...scope, tables: [...scope.tables, ...partitions] });
      const program = compile(plan, catalog, completeSettings(plan.settings));
      await executeWithFills(session, [...program.expand, ...program.backfill]);
      const ready = await known(session);
      await executeWithFills(session, program.cutover);
      expect(await known(session)).not.toEqual(ready);
      await undo(session, program.cutover);
      expect(await known(session)).toEqual(ready);
    });
  });
});
