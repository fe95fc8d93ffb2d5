import { beforeAll, describe, expect, test } from "vitest";
import { readPlan } from "../../../src/plan/read-plan.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { vocabulary } from "./vocabulary.ts";

beforeAll(loadParser);

const WHOLE = `
# The users' names move.
description: users.username becomes users.handle
requires:
  - 20261101090000_create_users
  - { plan: 20261102090000_fill_users, phase: ready }
conflicts: [20261103090000_users]
operations:
  - rename_column: { table: users, from: username, to: handle }
  - create_index: { table: users, columns: [handle, { column: id, order: desc }] }
expand:
  - sync:
      table: users
      forward: { first: split_part(name, ' ', 1) || '' , n: 1 }
contract:
  - drop_column: { table: users, column: name }
gates:
  - approval: { by: dba }
  - query: { sql: SELECT count(*) FROM users WHERE handle IS NULL, is: 0 }
settings:
  backfill: { workers: 2, batch_time: 250ms, throttle: { replica_lag: null } }
  contract: { soak: 72h }
`.replace("split_part(name, ' ', 1) || ''", `"split_part(name, ' ', 1) || ''"`);

const read = (text: string, path = "plans/20261122101500_rename_username.yaml") => readPlan({ path, text }, vocabulary);
const rename = (fields: string) => `operations:\n  - rename_column: ${fields}\n`;

test("a plan with every key is read, with durations in milliseconds and defaults filled in", () => {
  const { locate, content, hash, ...plan } = read(WHOLE);
  expect(plan).toEqual({
    id: "20261122101500_rename_username",
    version: "20261122101500",
    name: "rename_username",
    file: "plans/20261122101500_rename_username.yaml",
    form: "yaml",
    description: "users.username becomes users.handle",
    requires: [
      { plan: "20261101090000_create_users", phase: "completed" },
      { plan: "20261102090000_fill_users", phase: "ready" },
    ],
    conflicts: ["20261103090000_users"],
    operations: [
      { kind: "rename_column", fields: { table: "users", from: "username", to: "handle" } },
      {
        kind: "create_index",
        fields: { table: "users", columns: ["handle", { column: "id", order: "desc" }], method: "btree" },
      },
    ],
    phases: {
      expand: [
        { kind: "sync", fields: { table: "users", forward: { first: "split_part(name, ' ', 1) || ''", n: 1 } } },
      ],
      backfill: [],
      contract: [{ kind: "drop_column", fields: { table: "users", column: "name" } }],
    },
    gates: [
      { kind: "approval", by: "dba" },
      { kind: "query", sql: "SELECT count(*) FROM users WHERE handle IS NULL", is: "0" },
    ],
    settings: {
      backfill: { workers: 2, batch_time: 250, throttle: { replica_lag: null } },
      contract: { soak: 259_200_000 },
    },
  });
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(content).toMatchObject({ settings: { contract: { soak: "72h" } } });
  expect(locate(["operations", 1])).toMatchObject({ at: { line: 10 } });
});

test("a plan without a description goes by its name", () => {
  expect(read(rename("{ table: users, from: a, to: b }")).description).toBe("rename username");
});

test("names that YAML 1.1 takes for truth values, dates and the like are names", () => {
  const { operations } = read(rename("{ table: on, from: no, to: 2026-11-22 }"));
  expect(operations[0]?.fields).toEqual({ table: "on", from: "no", to: "2026-11-22" });
});

test("a few aliases are a way to write a plan", () => {
  const { operations } = read(
    "operations:\n  - rename_column: { table: &t users, from: a, to: b }\n  - rename_column: { table: *t, from: c, to: d }\n",
  );
  expect(operations[1]?.fields).toEqual({ table: "users", from: "c", to: "d" });
});

describe("the hash of a plan", () => {
  const hash = (text: string) => read(text).hash;
  const one = rename("{ table: users, from: a, to: b }");

  test("is the same for other comments, indentation, quotes, line ends and order of keys", () => {
    const other =
      "# why\r\noperations:\r\n- rename_column:\r\n    to: 'b'\r\n    from: a # old\r\n    table: \"users\"\r\n";
    expect(hash(other)).toBe(hash(one));
    expect(hash(`\uFEFF${one}`)).toBe(hash(one));
  });

  test("changes with a value, a description and the order of operations", () => {
    const two = "  - rename_column: { table: users, from: c, to: d }\n";
    const hashes = [
      hash(one),
      hash(rename("{ table: users, from: a, to: c }")),
      hash(`description: x\n${one}`),
      hash(one + two),
      hash(`operations:\n${two}${one.replace("operations:\n", "")}`),
    ];
    expect(new Set(hashes).size).toBe(5);
  });

  test("does not change from one version of Segue to the next", () => {
    expect(hash(one)).toBe("e0209de38ffc4803f853a334bcc898ee61454409d1d60828eb6b3c5ec03f7eab");
  });
});

describe("a plan in SQL", () => {
  const sql = (text: string, down?: string) =>
    readPlan(
      {
        path: "plans/7_pets.sql",
        text,
        ...(down === undefined ? {} : { down: { path: "plans/7_pets.down.sql", text: down } }),
      },
      vocabulary,
    );
  const fields = (text: string, down?: string) => sql(text, down).phases.expand[0]?.fields;

  test("is one step of expand, with its id and version", () => {
    const plan = sql("CREATE TABLE pet (id int);\n");
    expect(plan).toMatchObject({ id: "7_pets", version: "7", name: "pets", form: "sql", operations: [] });
    expect(plan.phases).toEqual({
      expand: [{ kind: "sql", fields: { up: "CREATE TABLE pet (id int);\n" } }],
      backfill: [],
      contract: [],
    });
  });

  test("has its way down in a file beside it", () => {
    expect(fields("SELECT 1;", "SELECT 2;")).toEqual({ up: "SELECT 1;", down: "SELECT 2;" });
  });

  test("may be named .up.sql", () => {
    expect(readPlan({ path: "9_a.up.sql", text: "SELECT 1" }, vocabulary).id).toBe("9_a");
  });

  test("may be a file of dbmate's", () => {
    const text = "-- pets\n-- migrate:up transaction:false\nSELECT 1;\n\n-- migrate:down\nSELECT 2;\n";
    expect(fields(text)).toEqual({ up: "\nSELECT 1;\n\n", down: "\nSELECT 2;\n", transaction: false });
  });

  test("may be a file of goose's", () => {
    const body = "\n-- +goose StatementBegin\nDO $$ BEGIN PERFORM 1; END $$;\n-- +goose StatementEnd\n";
    expect(fields(`-- +goose NO TRANSACTION\n-- +goose Up${body}-- +goose Down\nSELECT 2;`)).toEqual({
      up: body,
      down: "\nSELECT 2;",
      transaction: false,
    });
  });

  test("may be a file of node-pg-migrate's", () => {
    expect(fields("-- Up Migration\nSELECT 1;\n\n---- down migration of it\nSELECT 2;\n-- Down Migration\n")).toEqual({
      up: "\nSELECT 1;\n\n",
      down: "\nSELECT 2;\n-- Down Migration\n",
    });
    expect(sql("-- Up Migration\nSELECT 1;").marks).toBe("node-pg-migrate");
  });

  test("of a pair of files may have a headline that is a mark of node-pg-migrate's elsewhere", () => {
    expect(fields("-- Up migration\nSELECT 1;", "-- Down migration\nSELECT 2;")).toEqual({
      up: "-- Up migration\nSELECT 1;",
      down: "-- Down migration\nSELECT 2;",
    });
    expect(sql("-- Up migration\nSELECT 1;", "SELECT 2;").marks).toBeUndefined();
  });

  test("may be the files of a folder", () => {
    const plan = readPlan({ path: "migrations/8_pets/migration.sql", text: "SELECT 1;" }, vocabulary);
    expect(plan).toMatchObject({ id: "8_pets", version: "8", name: "pets", file: "migrations/8_pets/migration.sql" });
  });

  test("may have a transaction around all of it, which is left to Segue", () => {
    expect(fields("-- ö\nBEGIN;\nSELECT 1;\nCOMMIT;\n", "start transaction ; SELECT 2; end")).toEqual({
      up: "\nSELECT 1;\n",
      down: " SELECT 2; ",
    });
    expect(fields("-- migrate:up transaction:false\nBEGIN;\nSELECT 1;\nCOMMIT;\n")).toEqual({ up: "\nSELECT 1;\n" });
  });

  test("has a mistake inside of its transaction at its place in the file", () => {
    try {
      sql("BEGIN;\nSELECT 1;\n  COPY a FROM STDIN;\nCOMMIT;");
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ problems: [{ at: { line: 3, column: 3 } }] });
    }
  });

  test("has no way down if there is no statement in it", () => {
    expect(fields("BEGIN; SELECT 1; COMMIT;", "BEGIN; COMMIT;")).toEqual({ up: " SELECT 1; " });
    expect(fields("-- migrate:up\nSELECT 1;\n-- migrate:down\n-- there is none\n")).toEqual({ up: "\nSELECT 1;\n" });
  });

  test("may copy from a file of the server", () => {
    expect(fields("COPY pet FROM '/data/pets.csv'")).toBeDefined();
  });

  test("can't be a pair of files and have marks", () => {
    expect(() => sql("-- migrate:up\nSELECT 1;\n", "SELECT 2;")).toThrow("plans/7_pets.sql is not a valid plan");
  });

  test("has a mistake of its way down at its place in that file", () => {
    try {
      sql("SELECT 1;", "SELECT 1;\nSELEC 2;");
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        problems: [
          { message: 'syntax error at or near "SELEC"', at: { file: "plans/7_pets.down.sql", line: 2, column: 1 } },
        ],
      });
    }
  });

  test("keeps its hash over line ends and white space at the end, and changes it with the way down", () => {
    expect(sql("SELECT 1;\r\nSELECT 2;\r\n\r\n").hash).toBe(sql("SELECT 1;\nSELECT 2;").hash);
    expect(sql("SELECT 1;", "SELECT 2;").hash).not.toBe(sql("SELECT 1;").hash);
    expect(sql("SELECT 1;").hash).not.toBe(sql("SELECT  1;").hash);
  });
});
