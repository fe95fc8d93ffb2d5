import { beforeAll, expect, test } from "vitest";
import { approvalGate } from "../../../src/gates/approval.ts";
import { dependentsGate } from "../../../src/gates/dependents.ts";
import { queryGate } from "../../../src/gates/query.ts";
import { approve } from "../../../src/journal/approvals.ts";
import type { Program } from "../../../src/model/program.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { journalDatabase } from "../journal/journal-database.ts";

beforeAll(loadParser);

test("an approval is asked for by its label", async () => {
  const { session, rollout } = await journalDatabase();
  const id = await rollout();
  expect(await approvalGate(session, id, "1_a", "web-team")).toEqual({
    gate: "approval",
    ok: false,
    detail: "not approved by web-team (segue approve 1_a --as web-team)",
  });
  await approve(session, id, "web-team", "ada@host");
  expect(await approvalGate(session, id, "1_a", "web-team")).toEqual({
    gate: "approval",
    ok: true,
    detail: expect.stringMatching(/^web-team: ada@host, \d{4}-/) as string,
  });
});

test("a query holds if its first value reads as the plan says; whatever goes wrong, it does not hold", async () => {
  const { database, session } = await journalDatabase();
  await database.query("CREATE TABLE rows (id int); INSERT INTO rows VALUES (1)");
  const ask = (sql: string, is: string) => queryGate(session, sql, is, "public");
  expect(await ask("SELECT count(*) FROM rows", "1")).toEqual({
    gate: "query",
    ok: true,
    detail: "SELECT count(*) FROM rows is 1",
  });
  expect(await ask("SELECT count(*) FROM rows", "0")).toMatchObject({
    ok: false,
    detail: "SELECT count(*) FROM rows is 1, not 0",
  });
  expect(await ask("SELECT true", "true")).toMatchObject({ ok: true });
  expect(await ask("SELECT NULL", "null")).toMatchObject({ ok: true });
  expect(await ask("SELECT id FROM rows WHERE false", "null")).toMatchObject({ ok: true });
  expect(await ask("SELECT nope", "1")).toMatchObject({
    ok: false,
    detail: 'SELECT nope failed: column "nope" does not exist',
  });
  expect(await ask("DELETE FROM rows RETURNING id", "1")).toMatchObject({
    ok: false,
    detail: "DELETE FROM rows RETURNING id failed: cannot execute DELETE in a read-only transaction",
  });
  expect(await ask("COMMIT; DELETE FROM rows", "1")).toMatchObject({ ok: false });
  expect(await database.query("SELECT id FROM rows")).toEqual([{ id: 1 }]);
  const path = (await session.query<{ path: string }>("SHOW search_path")).rows;
  await ask("SELECT 1", "1");
  expect((await session.query<{ path: string }>("SHOW search_path")).rows).toEqual(path);
});

test("what still names a hidden column is found, unless a person declared it harmless", async () => {
  const { database, session } = await journalDatabase();
  await database.query(`CREATE TABLE users (id int, fax text, name text);
    CREATE VIEW faxes AS SELECT fax FROM users; CREATE VIEW names AS SELECT name FROM users;
    CREATE FUNCTION send() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT max(fax) FROM users); END $$`);
  const users = { schema: "public", name: "users" };
  const gate = (column: string | null, ignored: readonly string[] = []) =>
    dependentsGate(session, {
      hides: column === null ? [] : [{ table: users, column }],
      holdings: [],
      settings: { ...DEFAULT_SETTINGS, ignore_dependents: ignored },
    } as unknown as Program);
  expect(await gate(null)).toEqual({ gate: "dependents", ok: true, detail: "nothing is hidden" });
  expect(await gate("id")).toEqual({ gate: "dependents", ok: true, detail: "nothing names public.users.id" });
  const found = await gate("fax");
  expect(found.ok).toBe(false);
  expect(found.detail).toContain("view public.faxes names public.users.fax");
  expect(found.detail).toContain("function public.send() names public.users.fax");
  expect(await gate("fax", ["public.faxes", "public.send()"])).toMatchObject({ ok: true });
});

test("a view that can follow to the column that takes the place is in nobody's way, any other one says why it can't", async () => {
  const { database, session } = await journalDatabase();
  await database.query(`CREATE TABLE users (id int, fax text, phone text);
    CREATE VIEW faxes AS SELECT fax FROM users; CREATE VIEW phones AS SELECT phone FROM users`);
  const hide = { table: { schema: "public", name: "users" }, column: "fax", followed: "phone" };
  const gate = () =>
    dependentsGate(session, { hides: [hide], holdings: [], settings: DEFAULT_SETTINGS } as unknown as Program);
  expect(await gate()).toEqual({ gate: "dependents", ok: true, detail: "nothing names public.users.fax" });
  await database.query(`CREATE MATERIALIZED VIEW stored AS SELECT fax FROM users;
    CREATE VIEW numbers AS SELECT coalesce(phone, fax) FROM users; CREATE VIEW positions AS SELECT b FROM users AS u (a, b)`);
  expect((await gate()).detail.split("; ")).toEqual([
    "materialized view public.stored names public.users.fax",
    "view public.numbers names public.users.fax, and can't follow to phone: it reads phone as well: let it read that alone",
    "view public.positions names public.users.fax, and can't follow to phone: it gives the columns of the table other names by their position",
  ]);
});

test("what still needs a table that is hidden whole is found, but not what is hidden with it", async () => {
  const { database, session } = await journalDatabase();
  await database.query(`CREATE TABLE faxes (id int PRIMARY KEY); CREATE TABLE details (fax int REFERENCES faxes);
    CREATE FUNCTION send() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM faxes'`);
  const hide = (name: string) => ({
    table: { schema: "public", name },
    column: null,
    whole: { becomes: "moved", to: { schema: "segue_hidden", name } },
  });
  const gate = (ignored: readonly string[], ...hides: readonly unknown[]) =>
    dependentsGate(session, {
      hides,
      holdings: [],
      settings: { ...DEFAULT_SETTINGS, ignore_dependents: ignored },
    } as unknown as Program);
  expect(await gate([], hide("faxes"))).toMatchObject({
    ok: false,
    detail:
      "foreign key details_fax_fkey on public.details needs public.faxes; function public.send() needs public.faxes",
  });
  expect(await gate(["public.send()"], hide("details"), hide("faxes"))).toEqual({
    gate: "dependents",
    ok: true,
    detail: "nothing names public.details, public.faxes",
  });
});

test("a renamed table's old name is looked for in functions; views follow the table, but not those over its view", async () => {
  const { database, session } = await journalDatabase();
  await database.query(`CREATE TABLE users (id int) PARTITION BY LIST (id); CREATE TABLE users_1 PARTITION OF users FOR VALUES IN (1);
    CREATE VIEW accounts AS SELECT id FROM users; CREATE VIEW ids AS SELECT id FROM users;
    CREATE FUNCTION of_part() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM users_1'`);
  const hide = {
    table: { schema: "public", name: "users" },
    column: null,
    whole: { becomes: "renamed", to: { schema: "public", name: "accounts" } },
  };
  const gate = () =>
    dependentsGate(session, { hides: [hide], holdings: [], settings: DEFAULT_SETTINGS } as unknown as Program);
  expect(await gate()).toEqual({ gate: "dependents", ok: true, detail: "nothing names public.users" });
  await database.query(`CREATE FUNCTION counts() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM users';
    CREATE VIEW early AS SELECT id FROM accounts`);
  expect(await gate()).toEqual({
    gate: "dependents",
    ok: false,
    detail:
      "function public.counts() names public.users; view public.early was made over the view public.accounts, which goes",
  });
});
