import { beforeAll, describe, expect, test } from "vitest";
import { addCheck } from "../../../src/operations/add-check.ts";
import { addForeignKey } from "../../../src/operations/add-foreign-key.ts";
import { addPrimaryKey } from "../../../src/operations/add-primary-key.ts";
import { addUnique } from "../../../src/operations/add-unique.ts";
import { dropConstraint } from "../../../src/operations/drop-constraint.ts";
import type { Operation } from "../../../src/operations/operation.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { publicCatalog, withSession } from "../steps/execute-drafts.ts";
import { shopCatalog } from "./shop-catalog.ts";

beforeAll(loadParser);

test("a constraint goes when only the new version writes, and later operations don't see it", () => {
  const fields = { table: "orders", name: "orders_pkey" };
  expect(dropConstraint.compile(fields, shopCatalog())).toEqual({
    expand: [],
    backfill: [],
    contract: [{ kind: "drop_constraint", fields }],
  });
  const after = dropConstraint.after(fields, shopCatalog());
  expect(after.tables["public.orders"]).toMatchObject({ constraints: [], indexes: [] });
  expect(after.relationNames).not.toContain("public.orders_pkey");
  expect(() => dropConstraint.compile(fields, after)).toThrow("does not exist; the table has none");
});

test("what a plan adds is taken back by the drop of what it is called", () => {
  const drop = (name: string) => ({ operations: [{ kind: "drop_constraint", fields: { table: "orders", name } }] });
  expect(addCheck.inverse({ table: "orders", check: "amount_cents > 0" }, shopCatalog())).toEqual(
    drop("orders_amount_cents_check"),
  );
  expect(addUnique.inverse({ table: "orders", columns: ["status"], name: "Once" }, shopCatalog())).toEqual(
    drop("Once"),
  );
  const references = { table: "customers" };
  expect(addForeignKey.inverse({ table: "orders", columns: ["customer_id"], references }, shopCatalog())).toEqual(
    drop("orders_customer_id_fkey"),
  );
  const keyless = dropConstraint.after({ table: "orders", name: "orders_pkey" }, shopCatalog());
  expect(addPrimaryKey.inverse({ table: "orders", columns: ["id"] }, keyless)).toEqual(drop("orders_pkey"));
  expect(addPrimaryKey.inverse({ table: "orders", columns: ["id", "status"] }, keyless)).toEqual({
    ...drop("orders_pkey"),
    lost: ["that orders may have NULL in status: NOT NULL stays"],
  });
});

const SCHEMA = `
  CREATE EXTENSION btree_gist;
  CREATE SCHEMA "a.b";
  CREATE TABLE "a.b".customers (id bigint PRIMARY KEY, region int, UNIQUE (id, region));
  CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, region int, "No." text,
    CONSTRAINT positive CHECK (id > 0), CONSTRAINT alone CHECK (id > 1) NO INHERIT,
    CONSTRAINT who FOREIGN KEY (customer_id, region) REFERENCES "a.b".customers (id, region) MATCH FULL ON DELETE CASCADE DEFERRABLE,
    CONSTRAINT once UNIQUE ("No.", region) INCLUDE (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT packed UNIQUE (region, "No.") WITH (fillfactor = 50),
    CONSTRAINT apart EXCLUDE USING gist (region WITH =))`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("the inverse adds it again, or says that no operation can", async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const catalog = await publicCatalog(session);
      const inverse = (name: string) => dropConstraint.inverse({ table: "orders", name }, catalog);
      const added = (operation: Operation, fields: Record<string, unknown>, name: string) => {
        expect(operation.fields.safeParse({ table: "orders", name, ...fields }).error).toBeUndefined();
        return { operations: [{ kind: operation.kind, fields: { table: "orders", name, ...fields } }] };
      };
      expect(inverse("positive")).toEqual(added(addCheck as never, { check: "(id > 0)" }, "positive"));
      expect(inverse("alone")).toEqual(added(addCheck as never, { check: "(id > 1)", no_inherit: true }, "alone"));
      const references = {
        table: '"a.b".customers',
        columns: ["id", "region"],
        on_delete: "cascade",
        match: "full",
        deferrable: true,
      };
      expect(inverse("who")).toEqual(
        added(addForeignKey as never, { columns: ["customer_id", "region"], references }, "who"),
      );
      const once = { columns: ["No.", "region"], include: ["id"], deferrable: true, initially_deferred: true };
      expect(inverse("once")).toEqual(added(addUnique as never, once, "once"));
      expect(inverse("orders_pkey")).toEqual(added(addPrimaryKey as never, { columns: ["id"] }, "orders_pkey"));
      for (const name of ["packed", "apart"]) {
        expect(inverse(name)).toMatchObject({
          impossible: expect.stringContaining(
            `constraint ${name} of orders can't be written as an operation`,
          ) as string,
        });
      }
      expect(inverse("gone")).toHaveProperty("impossible");
    });
  });
});
