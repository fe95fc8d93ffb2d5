import type { ApplicationClient, ApplicationRow } from "../index.ts";
import { customerColumns, type Version } from "./application-version.ts";
import { type Ledger, sameRow } from "./ledger.ts";
import { orderOf, type Shop } from "./shop-actions.ts";

const ROWS_A_QUERY = 20_000;

/**
 * Reads every row of both tables as a version of the application does, and compares it with the clients' memory.
 * Nobody writes meanwhile. Rows that nobody wrote and rows that are gone are mismatches too.
 *
 * @returns how many rows it read
 */
export async function checkRows(connection: ApplicationClient, version: Version, shop: Shop): Promise<number> {
  const columns = customerColumns(version);
  const customers = await checkTable(connection, "customers", shop.customers, (row) => columns.read(row), shop);
  const orders = await checkTable(connection, "orders", shop.orders, orderOf, shop);
  return customers + orders;
}

async function checkTable<Row extends object>(
  connection: ApplicationClient,
  table: string,
  ledger: Ledger<Row>,
  read: (row: ApplicationRow) => Row,
  shop: Shop,
): Promise<number> {
  let checked = 0;
  let last = 0;
  for (;;) {
    const rows = await connection.simple(`SELECT * FROM ${table} WHERE id > ${last} ORDER BY id LIMIT ${ROWS_A_QUERY}`);
    for (const row of rows) {
      last = Number(row["id"]);
      const expected = ledger.expected(last);
      if (expected === undefined || !sameRow(expected, read(row))) {
        shop.mismatch(`${table} ${last} holds ${JSON.stringify(row)}, written was ${JSON.stringify(expected)}`);
      }
    }
    checked += rows.length;
    if (rows.length < ROWS_A_QUERY) break;
  }
  if (checked < ledger.size) shop.mismatch(`${table} holds ${checked} rows, written were ${ledger.size}`);
  return checked;
}
