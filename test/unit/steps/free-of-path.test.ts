import { beforeAll, describe, expect, test } from "vitest";
import { type Fact, factKey, type Question } from "../../../src/model/catalog.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { freeOfPath, syncQuestions } from "../../../src/steps/free-of-path.ts";
import { resolveSync, type SyncFields } from "../../../src/steps/sync-pairs.ts";
import { catalogOf, columnOf, constraintOf, tableOf } from "./carry-catalog.ts";
import { lowerContext } from "./lower-context.ts";

beforeAll(loadParser);

const KEY = [constraintOf("primary key", "users_pkey", "PRIMARY KEY (id)", ["id"])];
const USERS = tableOf("users", {
  columns: [
    columnOf("id", "bigint"),
    columnOf("username", "text"),
    columnOf("handle", "text"),
    columnOf("mood", "public.mood"),
    columnOf("relation", "regclass"),
  ],
  constraints: KEY,
});

/** Whether the sync is free of the path, if the server answers so; by default, that all names mean the same on any. */
function isFree(
  fields: Omit<SyncFields, "table">,
  { answer = () => true, entries = [], table = USERS }: Partial<Options> = {},
): boolean {
  const facts = Object.fromEntries(
    syncQuestions(fields).map((question): [string, Fact] => [factKey(question), { anyPath: answer(question) }]),
  );
  const context = lowerContext({ ...catalogOf(18, table), facts }, "expand", entries);
  return freeOfPath(resolveSync({ table: "users", ...fields }, table), context).anyPath === true;
}
interface Options {
  answer(question: Question): boolean;
  readonly entries: Parameters<typeof lowerContext>[2];
  readonly table: typeof USERS;
}
const COPY = { forward: { handle: "username" }, reverse: { username: "handle" } };

describe("a sync may leave the search_path open", () => {
  test("if everything in it is the server's own", () => {
    expect(isFree(COPY)).toBe(true);
    expect(isFree({ forward: { handle: "lower(username)::text" } })).toBe(true);
    expect(isFree({ fill: { handle: "'none'", id: 0 } })).toBe(true);
  });
  test("not if the server was not asked, or of other names", () => {
    const context = lowerContext(catalogOf(18, USERS), "expand");
    const sync = resolveSync({ table: "users", ...COPY }, USERS);
    expect(freeOfPath(sync, context)).toEqual({ ...sync, anyPath: false });
    const facts = Object.fromEntries(syncQuestions(COPY).map((one) => [factKey(one), { anyPath: true }]));
    const other = resolveSync({ table: "users", forward: { handle: "lower(username)" } }, USERS);
    expect(freeOfPath(other, { ...context, catalog: { ...context.catalog, facts } }).anyPath).toBe(false);
  });
  test("not if the server says so of one of its expressions, or of the comparisons", () => {
    const fields = { forward: { handle: "lower(username)" }, reverse: { username: "upper(handle)" } };
    const without = (name: string) => (question: Question) =>
      question.ask === "names" && !question.functions.includes(name);
    expect(isFree(fields, { answer: without("upper") })).toBe(false);
    expect(isFree(fields, { answer: without("initcap") })).toBe(true);
    const comparisons = (question: Question): boolean => question.ask === "names" && question.functions.length > 0;
    expect(isFree(fields, { answer: comparisons })).toBe(false);
  });
  test("not over a type of somebody's own, or one that names objects", () => {
    expect(isFree({ forward: { handle: "mood" } })).toBe(false);
    expect(isFree({ forward: { mood: "username" } })).toBe(false);
    expect(isFree({ forward: { handle: "relation" } })).toBe(false);
    expect(isFree(COPY, { table: { ...USERS, constraints: [] } })).toBe(false);
  });
  test("not with what can't be told from the text", () => {
    expect(isFree({ forward: { handle: "(SELECT 'x')" } })).toBe(false);
    expect(isFree({ forward: { handle: "public.lower(username)" } })).toBe(false);
    expect(isFree({ forward: { handle: 'username COLLATE "C"' } })).toBe(false);
  });
  test("not beside a script, which may make anything", () => {
    expect(isFree(COPY, { entries: [["expand", "sql", { up: "SELECT 1" }]] })).toBe(false);
  });
});

test("a type in an expression has its schema then, and also where something else pins the path", () => {
  const fields = { forward: { handle: "username::text || 'x'" } };
  const facts = Object.fromEntries(syncQuestions(fields).map((one) => [factKey(one), { anyPath: true }]));
  const context = lowerContext({ ...catalogOf(18, USERS), facts }, "expand");
  const [pair] = freeOfPath(resolveSync({ table: "users", ...fields }, USERS), context).pairs;
  expect(pair?.forward[0]?.expression.render("NEW")).toBe("NEW.username::pg_catalog.text || 'x'");
  const beside = lowerContext(context.catalog, "expand", [["expand", "sql", { up: "SELECT 1" }]]);
  const pinned = freeOfPath(resolveSync({ table: "users", ...fields }, USERS), beside);
  expect(pinned.pairs[0]?.forward[0]?.expression.text).toBe("username::pg_catalog.text || 'x'");
  expect(pinned.anyPath).toBe(false);
});
