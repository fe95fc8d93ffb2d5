import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import {
  byteLength,
  deriveName,
  ident,
  MAX_NAME_BYTES,
  parseTableName,
  qualified,
} from "../../../src/sql/identifier.ts";
import { QUOTED_KEYWORDS } from "../../../src/sql/keywords.ts";
import { loadParser, parse } from "../../../src/sql/parser.ts";
import { names } from "./names.ts";

beforeAll(loadParser);

/** The name that PostgreSQL's parser reads where `SELECT <sql>` names a column. */
function read(sql: string): unknown {
  const node = parse(`SELECT ${sql}`).statements?.[0]?.node;
  const target = node !== undefined && "SelectStmt" in node ? node.SelectStmt.targetList?.[0] : undefined;
  const value = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  return value !== undefined && "ColumnRef" in value ? value.ColumnRef.fields : value;
}

describe("ident", () => {
  test.each([
    ["users", "users"],
    ["_x1", "_x1"],
    ["Users", '"Users"'],
    ["1st", '"1st"'],
    ["first name", '"first name"'],
    ['we"ird', '"we""ird"'],
    ["größe", '"größe"'],
    ["a$b", '"a$b"'],
    ["user", '"user"'],
    ["timestamp", '"timestamp"'],
    ["left", '"left"'],
    ["system_user", '"system_user"'],
    ["json", '"json"'],
    ["name", "name"],
    ["new", "new"],
  ])("writes %s as %s", (name, sql) => {
    expect(ident(name)).toBe(sql);
  });

  test.each(["", "a\0b", "x".repeat(64), "ü".repeat(32)])("refuses the name %j", (name) => {
    expect(() => ident(name)).toThrow(expect.objectContaining({ code: "SEG0101" }));
  });

  test("PostgreSQL's parser reads any name back as it was", () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(read(ident(name))).toEqual([{ String: { sval: name } }]);
      }),
    );
  });

  test("every keyword reads back as a name", () => {
    expect(QUOTED_KEYWORDS.size).toBe(164);
    for (const word of QUOTED_KEYWORDS) expect(read(ident(word))).toEqual([{ String: { sval: word } }]);
  });
});

test("qualified quotes both parts on their own", () => {
  expect(qualified({ schema: "public", name: "users" })).toBe("public.users");
  expect(qualified({ schema: "My App", name: "order" })).toBe('"My App"."order"');
});

describe("deriveName", () => {
  test("keeps the name readable and ends it in a hash", () => {
    expect(deriveName("segue_", "users", "20261122_x")).toMatch(/^segue_users_[0-9a-f]{8}$/);
    expect(deriveName("segue_", "users", "20261122_x")).toBe(deriveName("segue_", "users", "20261122_x"));
  });

  test("tells apart two plans, and two names that differ past the cut", () => {
    const long = "x".repeat(62);
    expect(deriveName("segue_", "users", "a")).not.toBe(deriveName("segue_", "users", "b"));
    expect(deriveName("segue_", `${long}a`, "p")).not.toBe(deriveName("segue_", `${long}b`, "p"));
    expect(deriveName("a", "bc", "p")).not.toBe(deriveName("ab", "c", "p"));
  });

  test("cuts before a character that does not fit whole", () => {
    expect(deriveName("", "🙂".repeat(15), "p")).toMatch(/^🙂{13}_[0-9a-f]{8}$/u);
  });

  test("never passes 63 bytes and never splits a character", () => {
    fc.assert(
      fc.property(names, names, fc.string(), (prefix, name, seed) => {
        const derived = deriveName(prefix, name, seed);
        expect(byteLength(derived)).toBeLessThanOrEqual(MAX_NAME_BYTES);
        expect(Buffer.from(derived, "utf8").toString("utf8")).toBe(derived);
        expect((prefix + name).startsWith(derived.slice(0, -9))).toBe(true);
      }),
    );
  });
});

describe("parseTableName", () => {
  test.each([
    ["users", "public", "users"],
    ["sales.orders", "sales", "orders"],
    ["Users", "public", "Users"],
    ['"odd.name"', "public", "odd.name"],
    ['"we""ird"."x.y"', 'we"ird', "x.y"],
    ["my table", "public", "my table"],
  ])("reads %s", (text, schema, name) => {
    expect(parseTableName(text, "public")).toEqual({ schema, name });
  });

  test.each(["", "a.b.c", "a.", ".a", '"a', 'a"b'])("refuses %j", (text) => {
    expect(() => parseTableName(text, "public")).toThrow(expect.objectContaining({ code: "SEG0001" }));
  });
});
