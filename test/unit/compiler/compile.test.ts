import { beforeAll, describe, expect, test } from "vitest";
import { type SegueError } from "../../../src/model/errors.ts";
import type { Catalog } from "../../../src/model/catalog.ts";
import type { Program } from "../../../src/model/program.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { catalogOf, columnOf, constraintOf, dependentOf, indexOf, tableOf } from "../steps/carry-catalog.ts";
import { compiled, sqlOf } from "./compile-plan.ts";

beforeAll(loadParser);

const USERS = tableOf("users", {
  columns: [
    columnOf("id", "bigint", { notNull: true }),
    columnOf("username", "text", { notNull: true }),
    columnOf("full_name", "text", { notNull: true }),
    columnOf("fax", "text", { notNull: true }),
    columnOf("age", "integer"),
  ],
  constraints: [constraintOf("primary key", "users_pkey", "PRIMARY KEY (id)", ["id"], { index: "users_pkey" })],
  indexes: [
    indexOf("users_pkey", "CREATE UNIQUE INDEX users_pkey ON public.users USING btree (id)", ["id"], {
      unique: true,
      primary: true,
      constraint: "users_pkey",
    }),
    indexOf("users_by_name", "CREATE INDEX users_by_name ON public.users USING btree (username)", ["username"]),
  ],
});
const CATALOG = catalogOf(
  17,
  USERS,
  tableOf("orders", { columns: [columnOf("id", "bigint"), columnOf("total", "integer")] }),
);
const compile = (text: string, catalog: Catalog = CATALOG): Program => compiled(text, catalog);
const outline = (program: Program) =>
  Object.fromEntries(
    (["expand", "backfill", "cutover", "drop"] as const).map((stage) => [
      stage,
      program[stage].map((step) => [step.id, sqlOf(step), ...step.undo.map((undo) => [undo.id, sqlOf(undo)])]),
    ]),
  );

const RENAME = "operations:\n  - rename_column: { table: users, from: username, to: handle }";

describe("the program of a rename", () => {
  test("adds the column and its triggers in one transaction, and takes them back in one, the triggers first", () => {
    expect(outline(compile(RENAME))).toMatchInlineSnapshot(`
      {
        "backfill": [
          [
            "backfill.1",
            "fill handle",
          ],
          [
            "backfill.2",
            "CREATE INDEX CONCURRENTLY segue_new_users_by_name_2fa25e2a ON public.users USING btree (handle)",
          ],
          [
            "backfill.3",
            [
              "ALTER TABLE public.users ADD CONSTRAINT segue_new_handle_not_null_dfd3ed4c CHECK (handle IS NOT NULL) NOT VALID",
            ],
          ],
          [
            "backfill.4",
            [
              "ALTER TABLE public.users VALIDATE CONSTRAINT segue_new_handle_not_null_dfd3ed4c",
            ],
          ],
          [
            "backfill.5",
            [
              "ALTER TABLE public.users ALTER COLUMN handle SET NOT NULL",
              "ALTER TABLE public.users DROP CONSTRAINT segue_new_handle_not_null_dfd3ed4c",
            ],
          ],
          [
            "backfill.6",
            [
              "ANALYZE public.users (handle)",
            ],
          ],
          [
            "backfill.7",
            [
              "CREATE OR REPLACE FUNCTION segue.sync_users_b418fe29() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
            ],
          ],
        ],
        "cutover": [
          [
            "cutover.1",
            [
              "CREATE OR REPLACE FUNCTION segue.sync_users_b418fe29() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
              "DO … (lock views)",
              "ALTER TABLE public.users RENAME COLUMN username TO segue_old_username_fb61067d",
              "DO … (turn views)",
              "ALTER INDEX public.users_by_name RENAME TO segue_old_users_by_name_2943b10b",
              "ALTER INDEX public.segue_new_users_by_name_2fa25e2a RENAME TO users_by_name",
            ],
            [
              "cutover.1.undo.1",
              [
                "DO … (lock views)",
                "DO $segue$
      BEGIN
        IF to_regclass('public.users_by_name') IS NOT NULL THEN
          ALTER INDEX public.users_by_name RENAME TO segue_new_users_by_name_2fa25e2a;
        END IF;
      END
      $segue$",
                "ALTER INDEX public.segue_old_users_by_name_2943b10b RENAME TO users_by_name",
                "DO … (turn views)",
                "ALTER TABLE public.users RENAME COLUMN segue_old_username_fb61067d TO username",
                "CREATE OR REPLACE FUNCTION segue.sync_users_b418fe29() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
              ],
            ],
          ],
        ],
        "drop": [
          [
            "drop.1",
            [
              "DROP TRIGGER IF EXISTS zzz_segue_sync_users_6c79ca83 ON public.users",
              "DROP FUNCTION IF EXISTS segue.sync_users_b418fe29()",
              "ALTER TABLE public.users DROP COLUMN IF EXISTS segue_old_username_fb61067d",
            ],
          ],
        ],
        "expand": [
          [
            "expand.1",
            [
              "ALTER TABLE public.users ADD COLUMN handle text",
              "CREATE OR REPLACE FUNCTION segue.sync_users_b418fe29() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
              "CREATE TRIGGER zzz_segue_sync_users_6c79ca83 BEFORE INSERT OR UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION segue.sync_users_b418fe29()",
              "EXPLAIN SELECT FROM public.users AS segue_row WHERE ROW((segue_row.username)::text, (segue_row.handle)::text) IS NULL",
            ],
            [
              "expand.1.undo.1",
              [
                "DROP TRIGGER IF EXISTS zzz_segue_sync_users_6c79ca83 ON public.users",
                "DROP FUNCTION IF EXISTS segue.sync_users_b418fe29()",
                "ALTER TABLE public.users DROP COLUMN IF EXISTS handle",
              ],
            ],
          ],
        ],
      }
    `);
  });

  test("knows what to verify, to watch, to hide and to soak", () => {
    const program = compile(RENAME);
    expect(program).toMatchObject({
      format: 1,
      plan: "1_test",
      major: 17,
      schema: "public",
      soak: 86_400_000,
      losses: [],
      hides: [{ table: { schema: "public", name: "users" }, column: "username" }],
      touches: [
        { table: { schema: "public", name: "users" }, column: "username" },
        { table: { schema: "public", name: "users" }, column: "handle" },
      ],
    });
    expect(program.verify).toHaveLength(1);
    expect(program.watches).toHaveLength(1);
    expect(program.watches[0]?.sources).toHaveLength(3);
  });

  test("is data: it survives the journal", () => {
    const program = compile(RENAME);
    expect(JSON.parse(JSON.stringify(program))).toEqual(program);
    expect(compile(RENAME)).toEqual(program);
  });
});

describe("two operations on one table", () => {
  const TWO = `${RENAME}
  - add_column: { table: users, column: state, type: text, nullable: false, fill: "'new'" }
  - drop_column: { table: public.users, column: fax, fill: "''" }`;

  test("share one trigger and one fill", () => {
    const program = compile(TWO);
    const statements = program.expand.flatMap((step) => sqlOf(step));
    expect(statements.filter((sql) => sql.startsWith("CREATE TRIGGER"))).toHaveLength(1);
    expect(program.expand).toHaveLength(1);
    expect(program.backfill.filter((step) => step.kind === "fill").map(sqlOf)).toEqual(["fill handle, state"]);
    expect(program.backfill[0]?.kind).toBe("fill");
    expect(program.watches).toHaveLength(1);
    expect(program.verify).toHaveLength(1);
  });

  test("cut over in one transaction, the triggers first, and drop in one", () => {
    const program = compile(TWO);
    const [cutover, ...more] = program.cutover.map(sqlOf);
    expect(more).toEqual([]);
    expect(cutover?.[0]).toMatch(/^CREATE OR REPLACE FUNCTION/);
    const [drop, ...rest] = program.drop.map(sqlOf);
    expect(rest).toEqual([]);
    expect((drop as string[]).map((sql) => sql.replaceAll(/_[0-9a-f]{8}/g, ""))).toEqual([
      "DROP TRIGGER IF EXISTS zzz_segue_sync_users ON public.users",
      "DROP FUNCTION IF EXISTS segue.sync_users()",
      "ALTER TABLE public.users DROP COLUMN IF EXISTS segue_old_username",
      "ALTER TABLE public.users DROP COLUMN IF EXISTS segue_old_fax",
    ]);
  });

  test("that derive the same column contradict each other", () => {
    expect(() =>
      compile(`operations:
  - set_not_null: { table: users, column: age, fill: 0 }
  - drop_column: { table: users, column: age, fill: 1 }`),
    ).toThrow("two entries of the plan derive users.age");
  });

  test("on two tables stay apart", () => {
    const program = compile(`${RENAME}\n  - add_column: { table: orders, column: note, type: text, fill: "'-'" }`);
    expect(program.expand.map(({ table }) => table?.name)).toEqual(["users", "orders"]);
    expect(program.watches.map(({ table }) => table.name)).toEqual(["users", "orders"]);
  });

  test("name columns as the earlier ones leave them", () => {
    const program = compile(`operations:
  - add_column: { table: orders, column: state, type: text }
  - add_check: { table: orders, name: known, check: state <> '' }
  - create_index: { table: orders, columns: [state] }`);
    expect(program.backfill.length).toBeGreaterThanOrEqual(3);
    expect(() => compile(`${RENAME}\n  - set_not_null: { table: users, column: username }`)).toThrow(
      "username does not exist",
    );
  });
});

test("an explicit split loses NOT NULL at expand, gets it back last, and says what that may lose", () => {
  const program = compile(`expand:
  - add_column: { table: users, column: first_name, type: text }
  - add_column: { table: users, column: last_name, type: text }
  - sync:
      table: users
      forward:
        first_name: split_part(full_name, ' ', 1)
        last_name: nullif(substr(full_name, length(split_part(full_name, ' ', 1)) + 2), '')
      reverse: { full_name: "concat_ws(' ', first_name, last_name)" }
backfill:
  - create_index: { table: users, columns: [last_name] }
  - fill: { table: users }
contract:
  - drop_column: { table: users, column: full_name }
settings: { contract: { soak: 1h } }`);
  expect(outline(program)).toMatchInlineSnapshot(`
    {
      "backfill": [
        [
          "backfill.1",
          "fill first_name, last_name",
        ],
        [
          "backfill.2",
          "CREATE INDEX CONCURRENTLY users_last_name_idx ON public.users USING btree (last_name)",
          [
            "backfill.2.undo.1",
            "DROP INDEX CONCURRENTLY IF EXISTS public.users_last_name_idx",
          ],
        ],
        [
          "backfill.3",
          [
            "CREATE OR REPLACE FUNCTION segue.sync_users_b418fe29() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
          ],
        ],
      ],
      "cutover": [
        [
          "cutover.1",
          [
            "CREATE OR REPLACE FUNCTION segue.sync_users_b418fe29() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
            "ALTER TABLE public.users RENAME COLUMN full_name TO segue_old_full_name_5aefe604",
          ],
          [
            "cutover.1.undo.1",
            [
              "ALTER TABLE public.users RENAME COLUMN segue_old_full_name_5aefe604 TO full_name",
              "CREATE OR REPLACE FUNCTION segue.sync_users_b418fe29() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
            ],
          ],
        ],
      ],
      "drop": [
        [
          "drop.1",
          [
            "DROP TRIGGER IF EXISTS zzz_segue_sync_users_6c79ca83 ON public.users",
            "DROP FUNCTION IF EXISTS segue.sync_users_b418fe29()",
            "ALTER TABLE public.users DROP COLUMN IF EXISTS segue_old_full_name_5aefe604",
          ],
        ],
      ],
      "expand": [
        [
          "expand.1",
          [
            "ALTER TABLE public.users ADD COLUMN first_name text",
            "ALTER TABLE public.users ADD COLUMN last_name text",
            "CREATE OR REPLACE FUNCTION segue.sync_users_b418fe29() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
            "CREATE TRIGGER zzz_segue_sync_users_6c79ca83 BEFORE INSERT OR UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION segue.sync_users_b418fe29()",
            "ALTER TABLE public.users ALTER COLUMN full_name DROP NOT NULL",
            "EXPLAIN SELECT FROM public.users AS segue_row WHERE ROW((split_part(segue_row.full_name, ' ', 1))::text, (nullif(substr(segue_row.full_name, length(split_part(segue_row.full_name, ' ', 1)) + 2), ''))::text, (concat_ws(' ', segue_row.first_name, segue_row.last_name))::text) IS NULL",
          ],
          [
            "expand.1.undo.1",
            [
              "DROP TRIGGER IF EXISTS zzz_segue_sync_users_6c79ca83 ON public.users",
              "DROP FUNCTION IF EXISTS segue.sync_users_b418fe29()",
              "ALTER TABLE public.users DROP COLUMN IF EXISTS last_name",
              "ALTER TABLE public.users DROP COLUMN IF EXISTS first_name",
            ],
          ],
          [
            "expand.1.undo.2",
            [
              "ALTER TABLE public.users DROP CONSTRAINT IF EXISTS segue_not_null_full_name_f54590d8",
              "ALTER TABLE public.users ADD CONSTRAINT segue_not_null_full_name_f54590d8 CHECK (full_name IS NOT NULL) NOT VALID",
            ],
          ],
          [
            "expand.1.undo.3",
            [
              "ALTER TABLE public.users VALIDATE CONSTRAINT segue_not_null_full_name_f54590d8",
            ],
          ],
          [
            "expand.1.undo.4",
            [
              "ALTER TABLE public.users ALTER COLUMN full_name SET NOT NULL",
              "ALTER TABLE public.users DROP CONSTRAINT segue_not_null_full_name_f54590d8",
            ],
          ],
        ],
      ],
    }
  `);
  expect(program.soak).toBe(3_600_000);
  expect(program.losses.map(({ step, flag }) => [step, flag])).toEqual([["expand.1", "--keep-nullable"]]);
});

test("a plan without a contract has no soak and hides nothing", () => {
  const program = compile("operations:\n  - create_index: { table: users, columns: [age], name: by_age }");
  expect(outline(program)).toEqual({
    expand: [],
    backfill: [
      [
        "backfill.1",
        "CREATE INDEX CONCURRENTLY by_age ON public.users USING btree (age)",
        ["backfill.1.undo.1", "DROP INDEX CONCURRENTLY IF EXISTS public.by_age"],
      ],
    ],
    cutover: [],
    drop: [],
  });
  expect(program).toMatchObject({ soak: null, hides: [], verify: [], watches: [], losses: [] });
});

test("dependents that a person declared harmless are not there", () => {
  const users = { ...USERS, dependents: [dependentOf("function", "public.report()", ["fax"], "text")] };
  const drop = "operations:\n  - drop_column: { table: users, column: fax }";
  expect(() => compile(drop, catalogOf(17, users))).toThrow("public.users.fax can't be dropped: other things need it");
  expect(
    compile(`${drop}\nsettings: { ignore_dependents: [public.report()] }`, catalogOf(17, users)).drop,
  ).toHaveLength(1);
});

test("an error says where in the plan it is about", () => {
  const fail = (text: string): SegueError => {
    try {
      compile(text);
    } catch (error) {
      return error as SegueError;
    }
    throw new Error("it compiled");
  };
  const operation = fail(
    `description: d\noperations:\n  - create_index: { table: users, columns: [age] }\n  - drop_column: { table: users, column: nope }`,
  );
  expect(operation.code).toBe("SEG0101");
  expect(operation.problems[0]?.at).toMatchObject({ file: "plans/1_test.yaml", line: 4 });
  const explicit = fail(
    `expand:\n  - add_column: { table: users, column: a, type: text }\n  - add_column: { table: users, column: a, type: text }`,
  );
  expect(explicit.message).toBe("column public.users.a already exists");
  expect(explicit.problems[0]?.at).toMatchObject({ line: 3 });
});

describe("several columns of one table in one plan", () => {
  const MIXED = `
operations:
  - rename_column: { table: users, from: username, to: handle }
  - change_type: { table: users, column: age, type: bigint }
  - replace_columns:
      table: public.users
      add: { first: { type: text, from: "split_part(full_name, ' ', 1)", nullable: false } }
      remove: { full_name: { from: first } }
  - set_not_null: { table: users, column: id_note, fill: "'-'" }
  - rename_column: { table: users, from: fax, to: telefax }`;
  const catalog = catalogOf(
    17,
    { ...USERS, columns: [...USERS.columns, columnOf("id_note", "text")] },
    tableOf("orders", { columns: [columnOf("id", "bigint")] }),
  );
  const program = (): Program => compile(MIXED, catalog);

  test("share one trigger and one pass of the backfill", () => {
    const { expand, backfill, watches, verify } = program();
    const statements = expand.flatMap((step) => (step.kind === "transaction" ? step.statements : []));
    expect(expand).toHaveLength(1);
    expect(statements.filter((sql) => sql.startsWith("CREATE OR REPLACE FUNCTION"))).toHaveLength(1);
    expect(statements.filter((sql) => sql.startsWith("CREATE TRIGGER"))).toHaveLength(1);
    expect(watches).toHaveLength(1);
    expect(verify).toHaveLength(1);
    const fills = backfill.flatMap((step) => (step.kind === "fill" ? [step.set.map(({ column }) => column)] : []));
    expect(fills).toEqual([["handle", expect.stringMatching(/^segue_new_age_/), "first", "telefax", "id_note"]]);
    expect(backfill[0]?.kind).toBe("fill");
  });

  test("are cut over in one transaction, together with the flip of their sync", () => {
    const { cutover, drop } = program();
    const hiding = cutover.filter((step) => sqlOf(step).toString().includes("segue_old_"));
    expect(hiding).toHaveLength(1);
    expect(sqlOf(hiding[0]!).toString()).toMatch(
      /CREATE OR REPLACE FUNCTION [^]*username TO segue_old_[^]*age TO segue_old_[^]*full_name TO segue_old_[^]*fax TO segue_old_/,
    );
    expect(drop).toHaveLength(1);
  });
});

test("nothing comes between the flip of a sync and the columns that it names", () => {
  const { cutover } = compile(`
expand:
  - add_column: { table: users, column: handle, type: text }
  - add_column: { table: users, column: telefax, type: text }
  - sync: { table: users, forward: { handle: username, telefax: fax }, reverse: { username: handle, fax: telefax } }
backfill: [fill: { table: users }]
contract:
  - set_not_null: { table: users, column: handle }
  - sql: { up: SELECT 1, down: SELECT 2 }
  - drop_column: { table: users, column: username }
  - sql: { up: SELECT 3, down: SELECT 4 }
  - drop_column: { table: users, column: fax }`);
  expect(cutover.map(({ title }) => title)).toEqual([
    "require new rows to have public.users.handle",
    expect.stringContaining("validate constraint"),
    "set not null on public.users.handle",
    "SELECT 1",
    "flip the sync of public.users; hide column public.users.username; hide column public.users.fax",
    "SELECT 3",
  ]);
});
