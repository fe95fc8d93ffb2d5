import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSegue, scaffoldArguments } from "../../../src/index.ts";

const now = new Date("2026-11-22T10:15:00Z");

function workspace() {
  const folder = mkdtempSync(join(tmpdir(), "segue-scaffold-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, segue: createSegue({ cwd: folder, env: {} }) };
}

test.each(Object.keys(scaffoldArguments()))("a scaffold of %s without arguments is a valid plan", async (operation) => {
  const { folder } = workspace();
  await createSegue({ cwd: folder, env: {} }).scaffold({ operation, args: [], now });
  const { order } = await createSegue({ cwd: folder, env: {} }).check();
  expect(order.map((plan) => plan.operations.map(({ kind }) => kind))).toEqual([[operation]]);
});

test("the arguments are the operation's required fields, the table first and a list last", () => {
  expect(scaffoldArguments()).toMatchObject({
    rename_column: ["table", "from", "to"],
    rename_table: ["table", "to"],
    drop_table: ["table"],
    add_column: ["table", "column", "type"],
    create_index: ["table", "columns…"],
    create_table: ["table", "column:type…"],
    add_foreign_key: ["table", "column", "referenced"],
    sql: ["name"],
    replace_columns: ["table", "column", "new_columns…"],
    update_rows: ["table", "column", "value"],
    delete_rows: ["table", "where"],
    set_comment: ["table", "column", "comment"],
    drop_constraint: ["table", "name"],
    create_enum: ["name", "values…"],
  });
});

test.each([
  [
    "rename_column",
    ["users", "username", "handle"],
    "rename_users_username",
    { table: "users", from: "username", to: "handle" },
  ],
  ["create_index", ["sales.orders", "a", "b"], "create_index_orders_a", { table: "sales.orders", columns: ["a", "b"] }],
  [
    "add_column",
    ["users", "on", "numeric(12,4)"],
    "add_users_on",
    { table: "users", column: "on", type: "numeric(12,4)" },
  ],
  [
    "create_table",
    ["tags", "id:bigint", "name:varchar(20)"],
    "create_tags",
    { table: "tags", columns: { id: { type: "bigint" }, name: { type: "varchar(20)" } } },
  ],
  [
    "add_foreign_key",
    ["orders", "customer", "customers"],
    "add_foreign_key_orders_customer",
    { table: "orders", columns: ["customer"], references: { table: "customers" } },
  ],
  [
    "replace_columns",
    ["users", "full name", "first", "last"],
    "replace_columns_users_full_name",
    {
      table: "users",
      add: { first: { type: "text", from: '"full name"' }, last: { type: "text", from: '"full name"' } },
      remove: { "full name": { from: "first" } },
    },
  ],
  [
    "update_rows",
    ["users", "email", "lower(email)"],
    "update_rows_users_email",
    { table: "users", set: { email: "lower(email)" }, where: "true", keep: true },
  ],
  [
    "delete_rows",
    ["sessions", "expires_at < now()"],
    "delete_rows_sessions_expires_at_now",
    { table: "sessions", where: "expires_at < now()" },
  ],
  ["rename_table", ["sales.users", "accounts"], "rename_users_accounts", { from: "sales.users", to: "accounts" }],
  ["drop_table", ["users"], "drop_users", { table: "users" }],
  ["create_enum", ["mood", "sad", "so-so"], "create_enum_mood", { name: "mood", values: ["sad", "so-so"] }],
  ["add_enum_value", ["mood", "ok"], "add_enum_value_mood_ok", { type: "mood", value: "ok" }],
  [
    "rename_enum_value",
    ["mood", "sad", "blue"],
    "rename_enum_value_mood_sad",
    { type: "mood", from: "sad", to: "blue" },
  ],
  ["drop_enum_value", ["mood", "sad", "ok"], "drop_enum_value_mood_sad", { type: "mood", value: "sad", to: "ok" }],
  [
    "set_comment",
    ["users", "email", "as typed"],
    "set_comment_users_email",
    { table: "users", column: "email", comment: "as typed" },
  ],
  ["set_default", ["users", "age", "0"], "set_default_users_age", { table: "users", column: "age", default: "0" }],
  ["drop_column", ['"we""ird"."x.y"', "Größe!"], "drop_x_y_größe", { table: '"we""ird"."x.y"', column: "Größe!" }],
])("%s %j", async (operation, args, name, fields) => {
  const { folder, segue } = workspace();
  const { plan, file } = await segue.scaffold({ operation, args, now });
  expect({ plan, file }).toEqual({
    plan: `20261122101500_${name}`,
    file: join(folder, `plans/20261122101500_${name}.yaml`),
  });
  const { order } = await createSegue({ cwd: folder, env: {} }).check();
  expect(order[0]?.operations).toEqual([{ kind: operation, fields }]);
});

test("the file names the schema, and says what was asked for", async () => {
  const { segue } = workspace();
  const { text, file } = await segue.scaffold({ operation: "sql", args: ["Refresh the totals"], now });
  expect(file).toMatch(/20261122101500_refresh_the_totals\.yaml$/);
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(text).toMatch(
    /^# yaml-language-server: \$schema=https:\/\/unpkg\.com\/pg-segue@[\d.]+\/schema\/plan\.schema\.json\n/,
  );
  expect(text).toContain("description: sql Refresh the totals\n");
});

test("a second plan in the same second gets a version of its own; nothing is overwritten", async () => {
  const { folder } = workspace();
  const versions: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const { plan } = await createSegue({ cwd: folder, env: {} }).scaffold({ operation: "sql", args: [`a${n}`], now });
    versions.push(plan);
  }
  expect(versions).toEqual(["20261122101500_a0", "20261122101501_a1", "20261122101502_a2"]);
  await expect(createSegue({ cwd: folder, env: {} }).check()).resolves.toMatchObject({ order: { length: 3 } });
});

test("what would not be valid is not written", async () => {
  const { folder, segue } = workspace();
  await expect(segue.scaffold({ operation: "add_check", args: ["users", "a >"], now })).rejects.toMatchObject({
    code: "SEG0001",
  });
  await expect(createSegue({ cwd: folder, env: {} }).check()).rejects.toMatchObject({ code: "SEG0005" });
});
