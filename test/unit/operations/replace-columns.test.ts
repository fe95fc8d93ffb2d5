import { beforeAll, expect, test } from "vitest";
import { SegueError } from "../../../src/model/errors.ts";
import { replaceColumns } from "../../../src/operations/replace-columns.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { catalogOf, columnOf, constraintOf, tableOf } from "../steps/carry-catalog.ts";

beforeAll(loadParser);

const CATALOG = catalogOf(
  18,
  tableOf("users", {
    columns: [
      columnOf("id", "bigint", { notNull: true }),
      columnOf("no", "bigint", { notNull: true, identity: "always" }),
      columnOf("Full Name", "text", { notNull: true, default: "'?'::text", collation: '"C"', comment: "as typed" }),
      columnOf("note", "text"),
      columnOf("twice", "bigint", { generated: { kind: "stored", expression: "(id * 2)" } }),
    ],
    constraints: [constraintOf("primary key", "users_pkey", "PRIMARY KEY (id)", ["id"])],
  }),
);
const SPLIT = {
  table: "users",
  add: {
    first: {
      type: "text",
      from: `split_part("Full Name", ' ', 1)`,
      nullable: false,
      default: "'x'",
      check: "first <> ''",
      unique: true,
      references: { table: "names" },
      comment: "given",
    },
    last: { type: "varchar(40)", from: `split_part("Full Name", ' ', 2)`, collation: '"C"' },
  },
  remove: { "Full Name": { from: "concat_ws(' ', first, last)" } },
};
const compile = (fields: object) => replaceColumns.compile(replaceColumns.fields.parse(fields), CATALOG);
const refusal = (fields: object): string => {
  try {
    compile({ table: "users", ...fields });
    return "taken";
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    return `${error.code} ${error.message}`;
  }
};

test("columns are added, both sides kept in step, rows filled, and what goes is hidden and dropped", () => {
  expect(compile(SPLIT)).toEqual({
    expand: [
      { kind: "add_column", fields: { table: "users", column: "first", type: "text", comment: "given" } },
      { kind: "add_column", fields: { table: "users", column: "last", type: "varchar(40)", collation: '"C"' } },
      {
        kind: "sync",
        fields: {
          table: "users",
          forward: { first: `split_part("Full Name", ' ', 1)`, last: `split_part("Full Name", ' ', 2)` },
          reverse: { "Full Name": "concat_ws(' ', first, last)" },
          defaults: { first: "'x'" },
        },
      },
    ],
    backfill: [
      { kind: "fill", fields: { table: "users" } },
      { kind: "add_check", fields: { table: "users", name: "users_first_check", check: "first <> ''" } },
      { kind: "add_unique", fields: { table: "users", name: "users_first_key", columns: ["first"] } },
      {
        kind: "add_foreign_key",
        fields: { table: "users", name: "users_first_fkey", columns: ["first"], references: { table: "names" } },
      },
    ],
    contract: [
      { kind: "set_not_null", fields: { table: "users", column: "first" } },
      { kind: "drop_column", fields: { table: "users", column: "Full Name" } },
    ],
  });
});

test("a later operation sees the columns that are left", () => {
  const { tables } = replaceColumns.after(replaceColumns.fields.parse(SPLIT), CATALOG);
  expect(tables["public.users"]?.columns.map(({ name, notNull }) => [name, notNull])).toEqual([
    ["id", true],
    ["no", true],
    ["note", false],
    ["twice", false],
    ["first", true],
    ["last", false],
  ]);
});

test("the way back is the same the other way round, with the columns as they were", () => {
  expect(replaceColumns.inverse(replaceColumns.fields.parse(SPLIT), CATALOG)).toEqual({
    operations: [
      {
        kind: "replace_columns",
        fields: {
          table: "users",
          add: {
            "Full Name": {
              type: "text",
              from: "concat_ws(' ', first, last)",
              nullable: false,
              default: "'?'::text",
              collation: '"C"',
              comment: "as typed",
            },
          },
          remove: {
            first: { from: `split_part("Full Name", ' ', 1)` },
            last: { from: `split_part("Full Name", ' ', 2)` },
          },
        },
      },
    ],
    lost: ["the indexes and constraints of users.Full Name"],
  });
});

const NOTE = { note: { from: "a" } };
const REFUSED: Readonly<Record<string, readonly [object, string]>> = {
  "a name that is there": [
    { add: { note: { type: "text", from: "1" } }, remove: { note: { from: "note" } } },
    "SEG0101 column public.users.note already exists",
  ],
  "a name that is not there": [
    { add: { a: { type: "text", from: "b" } }, remove: { b: { from: "a" } } },
    "SEG0101 column public.users.b does not exist; the table has id, no, Full Name, note, twice",
  ],
  "a column of the primary key": [
    { add: { a: { type: "text", from: "id" } }, remove: { id: { from: "a" } } },
    "SEG0103 public.users.id is in the primary key: the table would be left without one",
  ],
  "an identity column": [
    { add: { a: { type: "text", from: "no" } }, remove: { no: { from: "a" } } },
    "SEG0103 public.users.no is an identity column: its value can't be derived",
  ],
  "a generated column": [
    { add: { a: { type: "text", from: "twice" } }, remove: { twice: { from: "a" } } },
    "SEG0103 public.users.twice is a generated column: a sync trigger can't read or write it",
  ],
  "sides that have nothing to do with each other": [
    { add: { a: { type: "int", from: "1" } }, remove: { note: { from: "'-'" } } },
    "SEG0101 public.users.note and the columns that are added don't derive each other: nothing tells which side a writer changed",
  ],
  "a new column of a new one": [
    { add: { a: { type: "text", from: "note" }, b: { type: "text", from: "a" } }, remove: NOTE },
    "SEG0101 `from` of public.users.b reads a, which comes with it: a new column is derived from what was there before",
  ],
  "an old column of an old one": [
    {
      add: { a: { type: "text", from: `note || "Full Name"` } },
      remove: { ...NOTE, "Full Name": { from: "a || note" } },
    },
    "SEG0101 `from` of public.users.Full Name reads note, which goes with it: an old column is derived from what stays",
  ],
  "an expression that reads what is not there": [
    { add: { a: { type: "text", from: "nope" } }, remove: NOTE },
    `SEG0004 no column nope in table public.users; it has: id, no, "Full Name", note, twice, a. Did you mean note?`,
  ],
};

test.each(Object.entries(REFUSED))("refused before anything ran: %s", (_, [fields, message]) => {
  expect(refusal(fields)).toBe(message);
});

test("something is added, and something removed", () => {
  const [add, remove] = [
    { ...SPLIT, add: {} },
    { ...SPLIT, remove: {} },
  ];
  for (const fields of [add, remove]) expect(replaceColumns.fields.safeParse(fields).success).toBe(false);
});
