import { expect, test } from "vitest";
import { customerColumns } from "../../../src/demo/application-version.ts";
import { openingCustomer, openingOrder, shopScript, shopSize } from "../../../src/demo/shop.ts";
import { orderOf } from "../../../src/demo/shop-actions.ts";
import { testDatabase } from "../../support/postgres.ts";

test("the shop opens with the rows that the clients expect", async () => {
  const size = shopSize(700);
  const database = await testDatabase({ script: shopScript(size) });
  try {
    const customers = await database.query("SELECT * FROM customers ORDER BY id");
    const orders = await database.query("SELECT * FROM orders ORDER BY id");
    expect(customers.map((row) => customerColumns("1").read(row))).toEqual(
      customers.map((_, index) => openingCustomer(index + 1)),
    );
    expect(orders.map((row) => orderOf(row))).toEqual(orders.map((_, index) => openingOrder(index + 1, size)));
    expect([customers.length, orders.length]).toEqual([size.customers, 700]);
  } finally {
    await database.drop();
  }
});

test("every version reads back what it writes", () => {
  const customer = { handle: "ann", firstName: "Ann", lastName: "de Wit 7", city: "Oslo" };
  for (const version of ["1", "2", "3"] as const) {
    const columns = customerColumns(version);
    expect(columns.read(columns.write(customer))).toEqual(customer);
  }
});
