import type { ApplicationClient, ApplicationRow } from "../index.ts";
import { applicationName, customerColumns, type Version } from "./application-version.ts";
import type { Ledger } from "./ledger.ts";
import { CITIES, type Customer, type Order, STATUSES } from "./shop.ts";

/** What all clients of the shop share: the memory of what was written, and where doubts are told. */
export interface Shop {
  readonly customers: Ledger<Customer>;
  readonly orders: Ledger<Order>;
  mismatch(what: string): void;
}

/** Statements of one client; each is measured. */
export type Statements = Pick<ApplicationClient, "simple" | "prepared">;

interface Doing {
  readonly shop: Shop;
  readonly version: Version;
  readonly send: Statements;
}

type Action = (doing: Doing) => Promise<void>;

/** What a client does, and how often in a hundred times. */
const ACTIONS: readonly (readonly [weight: number, action: Action])[] = [
  [25, readOrder],
  [20, readCustomer],
  [15, listOrders],
  [8, findByHandle],
  [12, placeOrder],
  [8, moveOn],
  [5, correctOrder],
  [4, renameCustomer],
  [3, register],
];

/** Does one thing that a visitor of the shop may do. */
export async function visit(doing: Doing): Promise<void> {
  let left = Math.random() * ACTIONS.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, action] of ACTIONS) {
    left -= weight;
    if (left < 0) return await action(doing);
  }
}

const pickOne = <T>(things: readonly [T, ...T[]]): T => things[Math.floor(Math.random() * things.length)] ?? things[0];

async function readOrder({ shop, version, send }: Doing): Promise<void> {
  const id = shop.orders.pick(Math.random());
  const sent = performance.now();
  const rows = await send.prepared(
    "read_order",
    "SELECT id, customer_id, amount_cents, status FROM orders WHERE id = $1",
    [id],
  );
  if (rows.length !== 1) shop.mismatch(`order ${id} was found ${rows.length} times by ${applicationName(version)}`);
  checkOrders(shop, version, rows, sent);
}

async function readCustomer({ shop, version, send }: Doing): Promise<void> {
  const id = shop.customers.pick(Math.random());
  const sent = performance.now();
  const rows = await send.prepared("read_customer", "SELECT * FROM customers WHERE id = $1", [id]);
  if (rows.length !== 1) shop.mismatch(`customer ${id} was found ${rows.length} times by ${applicationName(version)}`);
  checkCustomers(shop, version, rows, sent);
}

async function listOrders({ shop, version, send }: Doing): Promise<void> {
  const customer = shop.customers.pick(Math.random());
  const sent = performance.now();
  checkOrders(
    shop,
    version,
    await send.simple(`SELECT * FROM orders WHERE customer_id = ${customer} ORDER BY id DESC LIMIT 20`),
    sent,
  );
}

async function findByHandle({ shop, version, send }: Doing): Promise<void> {
  const id = shop.customers.pick(Math.random());
  const customer = shop.customers.expected(id);
  if (customer === undefined) return;
  const columns = customerColumns(version);
  const names = ["id", ...Object.keys(columns.write(customer))].join(", ");
  const sent = performance.now();
  const text = `SELECT ${names} FROM customers WHERE ${columns.handle} = $1`;
  const rows = await send.prepared("find_by_handle", text, [customer.handle]);
  if (rows.length !== 1 && shop.customers.isSettled(id, sent)) {
    shop.mismatch(`${customer.handle} was found ${rows.length} times by ${applicationName(version)}`);
  }
  checkCustomers(shop, version, rows, sent);
}

async function placeOrder({ shop, send }: Doing): Promise<void> {
  await insertOrder({ shop, send }, shop.customers.pick(Math.random()));
}

async function insertOrder({ shop, send }: Pick<Doing, "shop" | "send">, customer: number): Promise<void> {
  const order: Order = { customer, amountCents: 100 + Math.floor(Math.random() * 90_000), status: "new" };
  const [row] = await send.prepared(
    "place_order",
    "INSERT INTO orders (customer_id, amount_cents, status) VALUES ($1, $2, $3) RETURNING id",
    [order.customer, order.amountCents, order.status],
  );
  shop.orders.add(Number(row?.["id"]), order);
}

/** The status is no column of any plan: most updates of an application are like that. */
async function moveOn({ shop, send }: Doing): Promise<void> {
  const id = shop.orders.pick(Math.random());
  await shop.orders.change(id, { status: pickOne(STATUSES) }, ({ status }) =>
    send.prepared("move_on", "UPDATE orders SET status = $2 WHERE id = $1", [id, status]),
  );
}

async function correctOrder({ shop, send }: Doing): Promise<void> {
  const id = shop.orders.pick(Math.random());
  const customer = shop.customers.pick(Math.random());
  await shop.orders.change(id, { customer }, () =>
    send.simple(`UPDATE orders SET customer_id = ${customer} WHERE id = ${id}`),
  );
}

async function renameCustomer({ shop, version, send }: Doing): Promise<void> {
  const id = shop.customers.pick(Math.random());
  await shop.customers.change(id, someone(), async (customer) => {
    const written = customerColumns(version).write(customer);
    const changes = Object.keys(written).map((column, index) => `${column} = $${index + 2}`);
    await send.prepared("rename_customer", `UPDATE customers SET ${changes.join(", ")} WHERE id = $1`, [
      id,
      ...Object.values(written),
    ]);
  });
}

/** A new customer with a first order, in one transaction: remembered once it is committed. */
async function register({ shop, version, send }: Doing): Promise<void> {
  const customer = someone();
  const order: Order = { customer: 0, amountCents: 100 + Math.floor(Math.random() * 90_000), status: "new" };
  const written = customerColumns(version).write(customer);
  const places = Object.keys(written).map((_, index) => `$${index + 1}`);
  await send.simple("BEGIN");
  try {
    const [row] = await send.prepared(
      "register",
      `INSERT INTO customers (${Object.keys(written).join(", ")}) VALUES (${places.join(", ")}) RETURNING id`,
      Object.values(written),
    );
    const id = Number(row?.["id"]);
    const [first] = await send.prepared(
      "first_order",
      "INSERT INTO orders (customer_id, amount_cents, status) VALUES ($1, $2, $3) RETURNING id",
      [id, order.amountCents, order.status],
    );
    await send.simple("COMMIT");
    shop.customers.add(id, customer);
    shop.orders.add(Number(first?.["id"]), { ...order, customer: id });
  } catch (error) {
    await send.simple("ROLLBACK");
    throw error;
  }
}

let registered = 0;

function someone(): Customer {
  registered += 1;
  return {
    handle: `guest${registered}`,
    firstName: `Ann${registered % 89}`,
    lastName: `de Wit ${registered}`,
    city: pickOne(CITIES),
  };
}

/** Compares rows of `customers`, as a version reads them, with what was written. */
function checkCustomers(shop: Shop, version: Version, rows: readonly ApplicationRow[], sent: number): void {
  for (const row of rows) {
    const id = Number(row["id"]);
    if (shop.customers.agrees(id, customerColumns(version).read(row), sent)) continue;
    shop.mismatch(`customer ${id} as read by ${applicationName(version)}: ${JSON.stringify(row)}`);
  }
}

function checkOrders(shop: Shop, version: Version, rows: readonly ApplicationRow[], sent: number): void {
  for (const row of rows) {
    const id = Number(row["id"]);
    if (shop.orders.agrees(id, orderOf(row), sent)) continue;
    shop.mismatch(`order ${id} as read by ${applicationName(version)}: ${JSON.stringify(row)}`);
  }
}

/** The driver gives an int as a number and a bigint as text: the application takes both. */
export function orderOf(row: ApplicationRow): Order {
  return {
    customer: Number(row["customer_id"]),
    amountCents: Number(row["amount_cents"]),
    status: String(row["status"]),
  };
}
