import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import { scopeOf } from "../../../src/compiler/scope.ts";
import type { SegueError } from "../../../src/model/errors.ts";
import type { Program } from "../../../src/model/program.ts";
import { completeSettings } from "../../../src/plan/merge-settings.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { withSession } from "../steps/execute-drafts.ts";
import { planOf, sqlOf } from "./compile-plan.ts";

beforeAll(loadParser);

const SCHEMA = `
  create table customers (id int primary key, name text);
  create schema sales;
  create table sales.orders (id bigint generated always as identity primary key,
    customer_id int not null references customers on delete cascade on update cascade);
  create table visits (customer_id smallint references customers, id bigint);
  create table plain (id int primary key, name text);
  create table pointing (id int references plain);
  create table codes (code varchar(5) primary key);
  create table uses (code text references codes);
  create table grouped (id int primary key, name text);
  create view by_key as select id, name, count(*) from grouped group by id;
  create table parts (id int, region int, primary key (id, region)) partition by list (region)`;

async function programOf(session: Session, text: string): Promise<Program> {
  const plan = planOf(text);
  const catalog = await readCatalog(session, { ...scopeOf(plan, "public"), defaultSchema: "public" });
  return compile(plan, catalog, completeSettings(plan.settings));
}

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a key and what references it are cut over in one transaction, and validated after it", async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const program = await programOf(
        session,
        "operations: [change_type: { table: customers, column: id, type: bigint }]",
      );
      const [swap, ...validations] = program.cutover;
      const sql = (swap === undefined ? [] : sqlOf(swap)) as readonly string[];
      const steady = (text: string): string => text.replaceAll(/_[0-9a-f]{8}\b/g, "_#");
      expect(sql.map(steady)).toEqual([
        "LOCK TABLE sales.orders, public.visits, public.customers IN ACCESS EXCLUSIVE MODE",
        "ALTER TABLE public.visits DROP CONSTRAINT visits_customer_id_fkey",
        "ALTER TABLE sales.orders DROP CONSTRAINT orders_customer_id_fkey",
        "ALTER TABLE public.customers DROP CONSTRAINT customers_pkey",
        "ALTER TABLE public.customers RENAME COLUMN id TO segue_old_id_#",
        "ALTER TABLE public.customers RENAME COLUMN segue_new_id_# TO id",
        ...(major >= 18
          ? [
              "ALTER TABLE public.customers RENAME CONSTRAINT customers_id_not_null TO segue_old_customers_id_not_null_#",
              "ALTER TABLE public.customers RENAME CONSTRAINT segue_new_customers_id_not_null_# TO customers_id_not_null",
            ]
          : []),
        "ALTER TABLE sales.orders RENAME COLUMN customer_id TO segue_old_customer_id_#",
        "ALTER TABLE sales.orders RENAME COLUMN segue_new_customer_id_# TO customer_id",
        ...(major >= 18
          ? [
              "ALTER TABLE sales.orders RENAME CONSTRAINT orders_customer_id_not_null TO segue_old_orders_customer_id_not_null_#",
              "ALTER TABLE sales.orders RENAME CONSTRAINT segue_new_orders_customer_id_not_null_# TO orders_customer_id_not_null",
            ]
          : []),
        "ALTER TABLE public.customers ADD CONSTRAINT customers_pkey PRIMARY KEY USING INDEX segue_new_customers_pkey_#",
        "ALTER TABLE public.customers ALTER COLUMN segue_old_id_# DROP NOT NULL",
        "ALTER TABLE sales.orders ALTER COLUMN segue_old_customer_id_# DROP NOT NULL",
        "ALTER TABLE public.visits ADD CONSTRAINT visits_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) NOT VALID",
        "ALTER TABLE sales.orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON UPDATE CASCADE ON DELETE CASCADE NOT VALID",
        "CREATE OR REPLACE FUNCTION segue.sync_orders_#() RETURNS trigger LANGUAGE plpgsql AS …",
        "CREATE OR REPLACE FUNCTION segue.sync_customers_#() RETURNS trigger LANGUAGE plpgsql AS …",
      ]);
      expect(validations.map((step) => sqlOf(step))).toEqual([
        ["ALTER TABLE public.visits VALIDATE CONSTRAINT visits_customer_id_fkey"],
        ["ALTER TABLE sales.orders VALIDATE CONSTRAINT orders_customer_id_fkey"],
      ]);
      expect(swap?.undo.map(({ title }) => steady(title))).toEqual([
        "require again public.customers.segue_old_id_#",
        "validate not null of public.customers.segue_old_id_#",
        "require again sales.orders.segue_old_customer_id_#",
        "validate not null of sales.orders.segue_old_customer_id_#",
        "go back to the old public.customers.id, sales.orders.customer_id",
        "validate foreign key visits_customer_id_fkey of public.visits",
        "validate foreign key orders_customer_id_fkey of sales.orders",
        "build again index public.segue_new_customers_pkey_# on public.customers",
        "keep the old key by index public.segue_old_customers_pkey_# on public.customers",
      ]);
      expect(program.touches.map(({ table, column }) => `${table.name}.${column}`).map(steady)).toEqual([
        "customers.id",
        "customers.segue_new_id_#",
        "orders.customer_id",
        "orders.segue_new_customer_id_#",
        "visits.customer_id",
      ]);
      expect(program.losses.map(({ what, flag }) => [what, flag])).toEqual([
        ["public.customers.id must have a value, and the old type can't hold it", null],
        ["sales.orders.customer_id must have a value, and the old type can't hold it", null],
      ]);
    });
  });

  test("what can't be done right is refused with its reason and a way out", async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const refused = async (text: string): Promise<Partial<SegueError>> =>
        await programOf(session, `operations:\n${text}`).then(
          () => ({ message: "compiled" }),
          (error: SegueError) => ({
            code: error.code,
            message: error.message,
            ...(error.next === undefined ? {} : { next: error.next }),
          }),
        );
      expect(
        await refused(
          "  - change_type: { table: plain, column: id, type: uuid, forward: gen_random_uuid(), reverse: 'null' }",
        ),
      ).toEqual({
        code: "SEG0102",
        message: "public.plain.id can't be replaced: a new value that is made of nothing tells no old one",
        next: "write in `reverse` what makes one: nextval('<a sequence>')",
      });
      expect(
        await refused(
          "  - change_type: { table: plain, column: id, type: uuid, forward: 'md5(id::text || random()::text)::uuid' }",
        ),
      ).toEqual({
        code: "SEG0102",
        message:
          "public.plain.id can't be replaced: its expressions must give the same value for the same key: functions in index expression must be marked IMMUTABLE",
        next: "write it by immutable functions of the column alone",
      });
      expect(
        await refused(
          "  - change_type: { table: plain, column: id, type: text, forward: id::text || name, reverse: 'id::int' }",
        ),
      ).toMatchObject({
        message:
          "public.plain.id can't be replaced: its expressions read name, which the tables that reference it don't have",
        next: "write `forward` and `reverse` over the column alone",
      });
      expect(
        await refused("  - change_type: { table: sales.orders, column: id, type: uuid, forward: 'null::uuid' }"),
      ).toMatchObject({
        code: "SEG0102",
        message: "sales.orders.id can't be replaced: it is an identity column, which can't be uuid",
      });
      expect(await refused("  - change_type: { table: codes, column: code, type: bigint }")).toMatchObject({
        code: "SEG0102",
        message:
          "foreign key uses_code_fkey of public.uses: code is text, which is not the type of what it references, and does not become bigint with it",
        next: "change it to the type of the key in an earlier plan",
      });
      expect(
        await refused(
          "  - change_type: { table: customers, column: id, type: bigint }\n  - drop_column: { table: customers, column: name }",
        ),
      ).toMatchObject({
        code: "SEG0102",
        message:
          "the key of customers is changed in one transaction with all that references it: `drop_column` of customers can't stand in the same plan",
      });
      expect(await refused("  - change_type: { table: grouped, column: id, type: bigint }")).toMatchObject({
        code: "SEG0102",
        message: "public.grouped.id can't be replaced: this hangs on it and can't be carried over",
      });
      expect(
        await programOf(
          session,
          "contract: [replace_key: { table: plain, column: id, by: name, referencing: [{ table: pointing, column: id }] }]",
        ).catch(({ message }: SegueError) => message),
      ).toBe("replace_key: the plan has no sync of public.plain.id");
      expect(await refused("  - change_primary_key: { table: parts, columns: [region, id] }")).toMatchObject({
        code: "SEG0103",
      });
      expect(await refused("  - change_primary_key: { table: customers, columns: [id] }")).toMatchObject({
        message: "(id) is the primary key of public.customers already",
      });
      expect(await refused("  - change_primary_key: { table: visits, columns: [id] }")).toMatchObject({
        message: "public.visits has no primary key",
        next: "add_primary_key gives it one",
      });
    });
  });
});
