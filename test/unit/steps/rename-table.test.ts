import { describe, expect, test } from "vitest";
import type { SegueError } from "../../../src/model/errors.ts";
import type { Catalog } from "../../../src/model/catalog.ts";
import { aliasTable } from "../../../src/steps/alias-table.ts";
import { renameTableStep } from "../../../src/steps/rename-table.ts";
import type { Lowered } from "../../../src/steps/step-kind.ts";
import { catalogDifference, catalogOf as snapshotOf } from "../../support/catalog-diff.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { catalogOf, columnOf, tableOf } from "./carry-catalog.ts";
import { publicCatalog, statementsOf, withSession } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";
import { executeExactly } from "./relation-locks.ts";

const ALIAS = ["expand", "alias_table", { table: "users", as: "accounts" }] as const;
const lower = (catalog: Catalog, entries: Parameters<typeof lowerContext>[2] = [ALIAS]): Lowered =>
  renameTableStep.lower({ from: "users", to: "accounts" }, lowerContext(catalog, "contract", entries));
const USERS = tableOf("users", { columns: [columnOf("id", "integer")] });

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("the names are swapped and swapped back under locks that users of the view take in the same order", async () => {
    const database = await testDatabase({
      major,
      script: `CREATE TABLE users (id serial PRIMARY KEY, name text) PARTITION BY LIST (id);
        CREATE TABLE users_1 PARTITION OF users FOR VALUES IN (1);
        CREATE TABLE visits (user_id int REFERENCES users); CREATE VIEW named AS SELECT name FROM users;
        INSERT INTO users VALUES (1, 'ada')`,
    });
    await withSession(database, async (session) => {
      const catalog = await publicCatalog(session);
      const context = lowerContext(catalog, "expand", [ALIAS]);
      const { expand } = aliasTable.lower({ table: "users", as: "accounts" }, context);
      await executeExactly(session, expand);
      const ready = await snapshotOf(database);
      const { cutover = [], drop = [], hides } = lower(catalog);
      const between = /segue_swap_accounts_[0-9a-f]{8}/.exec(JSON.stringify(cutover))?.[0] ?? "";
      expect(statementsOf([...cutover, ...(cutover[0]?.undo ?? []), ...drop])).toEqual([
        [
          `ALTER VIEW public.accounts RENAME TO ${between}`,
          "ALTER TABLE public.users RENAME TO accounts",
          `ALTER VIEW public.${between} RENAME TO users`,
        ],
        [
          `ALTER VIEW public.users RENAME TO ${between}`,
          "ALTER TABLE public.accounts RENAME TO users",
          `ALTER VIEW public.${between} RENAME TO accounts`,
        ],
        ["DROP VIEW IF EXISTS public.users"],
      ]);
      expect(cutover[0]).toMatchObject({
        locks: [{ relation: { name: "accounts" } }, { relation: { name: "users" } }],
      });
      expect(hides).toEqual([
        {
          table: { schema: "public", name: "users" },
          column: null,
          whole: { becomes: "renamed", to: { schema: "public", name: "accounts" } },
        },
      ]);
      await executeExactly(session, cutover);
      await executeExactly(session, cutover[0]?.undo ?? []);
      expect(await catalogDifference(ready, database)).toEqual([]);
      await executeExactly(session, cutover);
      for (const name of ["users", "accounts", "named"])
        expect(await database.query(`SELECT name FROM ${name}`), name).toEqual([{ name: "ada" }]);
      await executeExactly(session, drop);
      expect(await database.query("SELECT * FROM named")).toEqual([{ name: "ada" }]);
    });
  });

  test("prepared statements of both versions live through the swap and back", async () => {
    const database = await testDatabase({
      major,
      script: "CREATE TABLE users (id int PRIMARY KEY, name varchar(10)); INSERT INTO users VALUES (1, 'ada')",
    });
    await withSession(database, async (session) => {
      const catalog = await publicCatalog(session);
      const { expand } = aliasTable.lower({ table: "users", as: "accounts" }, lowerContext(catalog, "expand", [ALIAS]));
      await executeExactly(session, expand);
      const clients = [await database.connect(), await database.connect()];
      const work = async (): Promise<void> => {
        for (const [index, client] of clients.entries()) {
          const table = ["users", "accounts"][index];
          const named = (name: string, text: string) => client.query({ name, text: text.replace("$", table ?? "") });
          expect((await named("star", "SELECT * FROM $ WHERE id = 1")).rows).toEqual([{ id: 1, name: "ada" }]);
          expect((await named("write", "UPDATE $ SET name = name WHERE id = 1 RETURNING *")).rows).toHaveLength(1);
          expect((await named("put", "INSERT INTO $ VALUES (1) ON CONFLICT (id) DO NOTHING")).rowCount).toBe(0);
          expect((await named("lock", "SELECT FROM $ WHERE id = 1 FOR UPDATE")).rowCount).toBe(1);
        }
      };
      // Often enough for a generic plan to be chosen and kept.
      for (let n = 0; n < 7; n += 1) await work();
      const { cutover = [] } = lower(catalog);
      await executeExactly(session, cutover);
      await work();
      await executeExactly(session, cutover[0]?.undo ?? []);
      await work();
    });
  });
});

test("what follows the table is not told; functions that name it and subscribers are", () => {
  const users = tableOf("users", {
    ...USERS,
    needs: [
      { kind: "view", name: "public.named", on: null, evidence: "pg_depend", names: [] },
      { kind: "function", name: "public.f()", on: null, evidence: "text", names: ["users"] },
      { kind: "function", name: "public.of_partition()", on: null, evidence: "text", names: ["users_1"] },
    ],
    published: ["everyone"],
  });
  expect(lower(catalogOf(18, users)).warnings).toEqual([
    "indexes, constraints and sequences of public.users keep their names",
    "function public.f() names public.users: change it to public.accounts between ready and contract, which waits for it",
    "public.users is published by everyone: from the cut-over on subscribers receive public.accounts, and need a table of that name",
  ]);
});

test("without a view under the new name, or with other steps on the table, it is refused", () => {
  const messageOf = (entries: Parameters<typeof lowerContext>[2]): string => {
    try {
      lower(catalogOf(18, USERS), entries);
      return "";
    } catch (error) {
      expect((error as SegueError).code).toBe("SEG0101");
      return (error as SegueError).message;
    }
  };
  const missing = "rename_table: nothing stands under public.accounts before the cut-over";
  expect(messageOf([])).toBe(missing);
  expect(messageOf([["expand", "alias_table", { table: "users", as: "people" }]])).toBe(missing);
  expect(messageOf([["expand", "alias_table", { table: "members", as: "accounts" }]])).toBe(missing);
  expect(messageOf([ALIAS, ["contract", "drop_column", { table: "users", column: "id" }]])).toBe(
    "rename_table public.users to public.accounts and drop_column of public.users can't stand in one plan",
  );
});
