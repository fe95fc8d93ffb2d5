import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import type { Catalog } from "../../../src/model/catalog.ts";
import type { SegueError } from "../../../src/model/errors.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { Program } from "../../../src/model/program.ts";
import type { StandingVersion, Versioned, VersionedTable } from "../../../src/model/versioned.ts";
import { completeSettings } from "../../../src/plan/merge-settings.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { catalogOf, columnOf, dependentOf, tableOf } from "../steps/carry-catalog.ts";
import { compiled, planOf, sqlOf } from "./compile-plan.ts";

beforeAll(loadParser);

const USERS = tableOf("users", { columns: ["id", "name", "fax", "age"].map((name) => columnOf(name, "integer")) });
const ORDERS = tableOf("orders", { columns: [columnOf("id", "integer")] });
const standing = (name: string, columns: readonly string[], parts: Partial<VersionedTable> = {}): VersionedTable => ({
  schema: "public",
  name,
  columns,
  rowSecurity: false,
  reachable: true,
  partialReaders: [],
  ...parts,
});
const VERSIONED: Versioned = {
  tables: [
    standing("users", ["id", "name", "fax", "age"]),
    standing("orders", ["id"]),
    standing("Other", ["a b", "c"]),
    standing("empty", []),
    standing("elsewhere", ["x"], { schema: "sales" }),
  ],
  schemas: ["public", "sales", "public_7"],
  standing: [],
  mayCreate: true,
};
const OLD: StandingVersion = { schema: "public_0", of: "public", views: ["Other", "users"] };

const catalog = (parts: Partial<Versioned> = {}, major = 18, users = USERS): Catalog => ({
  ...catalogOf(major, users, ORDERS),
  versioned: { ...VERSIONED, ...parts },
});
const views = (text: string, found: Catalog = catalog(), id = "1_test"): Program =>
  compiled(`views: true\n${text}`, found, id);
const made = ({ backfill }: Program): readonly string[] =>
  [...backfill].flatMap((step) => sqlOf(step)).filter((sql) => sql.startsWith("CREATE VIEW"));
const view = (name: string, columns: string, table = name): string =>
  `CREATE VIEW public_1.${name} WITH (security_invoker = true) AS SELECT ${columns} FROM public.${table}`;
const OTHER = view('"Other"', '"a b", c');
const refusal = (work: () => unknown): readonly (string | undefined)[] => {
  try {
    work();
    return [];
  } catch (error) {
    const { code, message, next } = error as SegueError;
    return [code, message, next];
  }
};

describe("what a version shows", () => {
  test.each<[string, string, readonly string[]]>([
    [
      "a column that is added",
      "add_column: { table: users, column: nick, type: text }",
      [view("users", "id, name, fax, age, nick")],
    ],
    [
      "a column that is renamed",
      "rename_column: { table: users, from: name, to: handle }",
      [view("users", "id, fax, age, handle")],
    ],
    ["a column that is dropped", "drop_column: { table: users, column: fax }", [view("users", "id, name, age")]],
    [
      "a table that is created",
      "create_table: { table: tags, columns: { id: { type: int } } }",
      [
        `CREATE VIEW public_1.tags WITH (security_invoker = true) AS SELECT id FROM public.tags`,
        view("users", "id, name, fax, age"),
      ],
    ],
    ["a table that is dropped", "drop_table: { table: users }", []],
    [
      "a table that is renamed",
      "rename_table: { from: users, to: accounts }",
      [view("accounts", "id, name, fax, age", "users")],
    ],
  ])("%s", (_, operation, shown) => {
    const found = made(views(`operations:\n  - ${operation}`));
    expect(found).toHaveLength(shown.length + 2);
    expect(found).toEqual(expect.arrayContaining([OTHER, view("orders", "id"), ...shown]));
  });

  test("a column of another type in the place of the old one, under its name", () => {
    const program = views("operations:\n  - change_type: { table: users, column: name, type: text }");
    const found = made(program).find((sql) => sql.includes("public_1.users"));
    expect(found).toMatch(/ AS SELECT id, segue_new_name_\w{8} AS name, fax, age FROM public\.users$/);
  });

  test("a second name beside the first", () => {
    const found = made(views("expand:\n  - alias_table: { table: users, as: accounts }"));
    expect(found).toContain(view("accounts", "id, name, fax, age", "users"));
    expect(found).toContain(view("users", "id, name, fax, age"));
  });

  test("tables of the schemas that the plan touches, and of the default one if it touches none", () => {
    const sales = views("operations:\n  - create_table: { table: sales.new, columns: { id: { type: int } } }");
    expect(sales.versions).toEqual([{ of: "sales", schema: "sales_1", replaces: [] }]);
    expect(made(sales)).toHaveLength(2);
    const none = views("operations:\n  - sql: { up: select 1 }");
    expect(none.versions).toEqual([{ of: "public", schema: "public_1", replaces: [] }]);
  });

  test("before 15 no table with row security, since a view has the rights of its owner; and that is told", () => {
    const rowSecurity = standing("hidden", ["id"], { rowSecurity: true });
    const found = views(
      "operations:\n  - set_comment: { table: orders, comment: x }",
      catalog({ tables: [rowSecurity] }, 14),
    );
    expect(made(found)).toEqual([]);
    expect(found.warnings).toContain(
      "public.hidden is left out of public_1: it has row security, and before PostgreSQL 15 a view would show everyone every row",
    );
    const newer = views(
      "operations:\n  - set_comment: { table: orders, comment: x }",
      catalog({ tables: [rowSecurity] }, 15),
    );
    expect(made(newer)).toEqual([view("hidden", "id")]);
    expect(newer.warnings).toEqual([]);
  });

  test("before 15 no table that the role that runs Segue may not write", () => {
    const foreign = catalog({ tables: [standing("theirs", ["id"], { reachable: false })] }, 14);
    const found = views("operations:\n  - set_comment: { table: orders, comment: x }", foreign);
    expect(made(found)).toEqual([]);
    expect(found.warnings.join()).toContain("public.theirs is left out of public_1: the role that runs Segue may not");
    const newer = views("operations:\n  - set_comment: { table: orders, comment: x }", { ...foreign, major: 15 });
    expect(made(newer)).toEqual([view("theirs", "id")]);
  });

  test("from 15 on nothing for who may read some columns alone, which is told", () => {
    const partial = standing("orders", ["id"], { partialReaders: ["app"] });
    const found = (major: number) =>
      views("operations:\n  - set_comment: { table: orders, comment: x }", catalog({ tables: [partial] }, major))
        .warnings;
    expect(found(15)).toEqual([
      "app may read some columns of public.orders, and reads nothing of it through public_1: there PostgreSQL asks for the right to read every column that the view has",
    ]);
    expect(found(14)).toEqual([]);
  });
});

test("the version of before is hidden first at the cut-over, and dropped first after the soak", () => {
  const shown = tableOf("users", {
    ...USERS,
    dependents: [dependentOf("view", "public_0.users", ["fax"])],
    needs: [
      {
        kind: "view",
        name: "public_0.users",
        on: { schema: "public_0", name: "users" },
        evidence: "pg_depend",
        names: [],
      },
    ],
  });
  const program = views(
    "operations:\n  - drop_column: { table: users, column: fax }",
    catalog({ standing: [OLD] }, 18, shown),
  );
  const hidden = program.versions?.[0]?.replaces[0]?.hidden ?? "";
  expect(hidden).toMatch(/^segue_old_public_0_\w{8}$/);
  expect(program.cutover.map(({ title }) => title)).toEqual(["hide schema public_0", "hide column public.users.fax"]);
  expect(program.cutover[0]?.undo.map(({ title }) => title)).toEqual(["show schema public_0 again"]);
  expect(program.drop.map(({ title }) => title)).toEqual(["drop schema public_0", "drop column public.users.fax"]);
  expect(sqlOf(program.drop[0]!)).toEqual([
    `DROP VIEW IF EXISTS ${hidden}."Other", ${hidden}.users`,
    `DROP SCHEMA IF EXISTS ${hidden}`,
  ]);
});

test("without a version of its own a plan sees that a version shows what it would drop", () => {
  const shown = tableOf("users", { ...USERS, dependents: [dependentOf("view", "public_0.users", ["fax"])] });
  expect(
    refusal(() => compiled("operations:\n  - drop_column: { table: users, column: fax }", catalogOf(18, shown)))[0],
  ).toBe("SEG0102");
});

test("a type is changed in place only where no version shows the column", () => {
  const shown = tableOf("users", { ...USERS, dependents: [dependentOf("view", "public_0.users", ["age"])] });
  const inPlace = (column: string): readonly (string | undefined)[] =>
    refusal(() =>
      views(
        `expand:\n  - alter_type: { table: users, column: ${column}, type: bigint }`,
        catalog({ standing: [OLD] }, 18, shown),
      ),
    );
  expect(inPlace("fax")).toEqual([]);
  expect(inPlace("age").slice(0, 2)).toEqual([
    "SEG0102",
    "public.users.age can't change its type in place: a versioned schema shows it",
  ]);
});

test("other rollouts keep off what a version shows, and off versions of the same schema", () => {
  const { reads, touches } = views("operations:\n  - set_comment: { table: orders, comment: x }");
  expect(reads).toContainEqual({ table: { schema: "public", name: "Other" }, column: null });
  expect(touches).toContainEqual({ table: { schema: "public", name: "(versioned schemas)" }, column: null });
});

test("a name that is too long is cut and told apart, and one that is taken is refused", () => {
  const tables = [{ ...standing("t", ["id"]), schema: "ü".repeat(30) }];
  const long = views(
    `operations:\n  - create_table: { table: ${"ü".repeat(30)}.x, columns: { id: { type: int } } }`,
    catalog({ tables }),
    "20261122110706_long",
  );
  expect(long.versions?.[0]?.schema).toMatch(/^ü{27}_\w{8}$/);
  expect(
    refusal(() => views("operations:\n  - set_comment: { table: orders, comment: x }", catalog(), "7_test")),
  ).toEqual([
    "SEG0101",
    "there is a schema public_7 already, which is the name of this plan's version of public",
    "drop or rename that schema, or give the plan another version",
  ]);
});

test("a role that may not create a schema is told before anything runs", () => {
  const text = "operations:\n  - set_comment: { table: orders, comment: x }";
  expect(refusal(() => views(text, catalog({ mayCreate: false })))).toEqual([
    "SEG0207",
    "this role may not create a schema in the database, and the plan makes public_1",
    "GRANT CREATE ON DATABASE to it, or leave `views` out",
  ]);
});

test("an inverse makes the version of before again, and takes away its own alone", () => {
  const inverse = (takesBack: NonNullable<Plan["takesBack"]>, found: Catalog): Program => {
    const plan = {
      ...planOf("views: true\noperations:\n  - set_comment: { table: orders, comment: x }", "9_test"),
      takesBack,
    };
    return compile(plan, found, completeSettings(plan.settings));
  };
  const newest = catalog({ standing: [OLD] });
  expect(inverse([{ of: "public", from: "public_0", to: "public_00" }], newest).versions).toMatchObject([
    { schema: "public_00", replaces: [{ schema: "public_0" }] },
  ]);
  const gone = inverse([{ of: "public", from: "public_0", to: null }], newest);
  expect(gone.versions).toMatchObject([{ schema: null, replaces: [{ schema: "public_0" }] }]);
  expect(made(gone)).toEqual([]);
  expect(refusal(() => inverse([{ of: "public", from: "public_5", to: null }], newest))).toEqual([
    "SEG0102",
    "the versioned schema public_0 is newer than what would be taken back, and may be in use",
    "reverse the plan that it is of first",
  ]);
});

test("a plan in SQL has no version, and a plan can say that it has none", () => {
  const sql = { ...planOf("operations:\n  - sql: { up: select 1 }"), form: "sql" as const };
  expect(compile(sql, catalog(), completeSettings({ views: true })).versions).toBeUndefined();
  const yaml = planOf("views: false\noperations:\n  - sql: { up: select 1 }");
  expect(compile(yaml, catalog(), completeSettings({ views: true }, yaml.settings)).versions).toBeUndefined();
});
