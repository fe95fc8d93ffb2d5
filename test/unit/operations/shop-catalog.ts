import type { Catalog } from "../../../src/model/catalog.ts";
import { createTable } from "../../../src/operations/create-table.ts";

const NOTHING: Catalog = { major: 18, defaultSchema: "public", tables: {}, relationNames: [], facts: {} };

/** A catalog of two tables, `customers` and `orders`, as a plan that creates them leaves it. Needs the parser. */
export function shopCatalog(): Catalog {
  const customers = createTable.fields.parse({
    table: "customers",
    columns: { id: { type: "bigint", identity: "always" }, email: { type: "text" }, full_name: { type: "text" } },
    primary_key: ["id"],
  });
  const orders = createTable.fields.parse({
    table: "orders",
    columns: {
      id: { type: "bigint", identity: "always" },
      customer_id: { type: "int" },
      status: { type: "text" },
      amount_cents: { type: "int", nullable: false },
      created_at: { type: "timestamptz" },
    },
    primary_key: ["id"],
  });
  return createTable.after(orders, createTable.after(customers, NOTHING));
}
