import { beforeAll, expect, test } from "vitest";
import { loadParser } from "../../../src/sql/parser.ts";
import { uncarriable } from "../../../src/steps/carry-check.ts";
import { columnOf, constraintOf, dependentOf, indexOf, tableOf } from "./carry-catalog.ts";

beforeAll(loadParser);

const GRANTS = [
  { grantee: "clerk", privilege: "SELECT", grantable: true },
  { grantee: "guest", privilege: "SELECT", grantable: false, grantor: "clerk" },
];

const references = {
  table: { schema: "public", name: "users" },
  columns: ["id"],
  onDelete: "no action",
  onUpdate: "no action",
  match: "simple",
} as const;

test("an ordinary column with indexes and constraints can be carried", () => {
  const table = tableOf("users", {
    columns: [columnOf("id", "integer", { identity: "always" }), columnOf("name", "text")],
    constraints: [
      constraintOf("primary key", "users_pkey", "PRIMARY KEY (id)", ["id"], { index: "users_pkey" }),
      constraintOf("unique", "users_name_key", "UNIQUE (name)", ["name"]),
      constraintOf("check", "c", "CHECK ((name <> ''::text))", ["name"]),
      constraintOf("not null", "n", "NOT NULL name", ["name"]),
      constraintOf("foreign key", "f", "FOREIGN KEY (name) REFERENCES public.names(name)", ["name"], {
        references: {
          ...references,
          table: { schema: "public", name: "names" },
          columns: ["name"],
          onDelete: "cascade",
        },
      }),
    ],
    dependents: [dependentOf("view", "public.ids", ["id"]), dependentOf("publication", "everything", [])],
  });
  expect(uncarriable(table, "name", [])).toEqual([]);
});

test("what a duplicate can't take over is listed by name, all of it", () => {
  const table = tableOf("users", {
    columns: [
      columnOf("id", "integer", {
        grants: GRANTS,
        identity: "always",
        sequence: { schema: "public", name: "users_id_seq" },
      }),
    ],
    partitionKeyColumns: ["id"],
    inheritanceChildren: [{ schema: "public", name: "admins" }],
    constraints: [
      constraintOf("primary key", "users_pkey", "PRIMARY KEY (id)", ["id"]),
      constraintOf("exclusion", "apart", "EXCLUDE USING gist (id WITH =)", ["id"]),
      constraintOf("unique", "over", "UNIQUE (id, at WITHOUT OVERLAPS)", ["id", "at"]),
      constraintOf("foreign key", "boss", "FOREIGN KEY (boss) REFERENCES public.users(id)", ["boss"], { references }),
      constraintOf("foreign key", "back", "FOREIGN KEY (id) REFERENCES public.x(id) ON DELETE SET DEFAULT", ["id"], {
        references: { ...references, table: { schema: "public", name: "x" }, onDelete: "set default" },
      }),
    ],
    indexes: [indexOf("broken", "CREATE INDEX broken ON public.users USING btree (id)", ["id"], { valid: false })],
    dependents: [
      dependentOf("view", "public.ids", ["id", "name"]),
      dependentOf("function", "public.f(integer)", ["id"], "text"),
      dependentOf("foreign key", "orders_user_fkey on public.orders", ["id"]),
      dependentOf("view", "public.names", ["name"]),
      dependentOf("column", "public.history.old", ["id", "name"]),
    ],
  });
  expect(uncarriable(table, "id", [])).toEqual([
    "table public.admins inherits from public.users",
    "it is in the partition key",
    "it is an identity column: sequence public.users_id_seq can't be handed to another column",
    "SELECT on it in public.users was granted to guest by clerk, not by the owner: grant it as the owner",
    "it is in the primary key users_pkey on public.users",
    "exclusion constraint apart on public.users can't be built without stopping writers",
    "constraint over on public.users is WITHOUT OVERLAPS: it can't be built without stopping writers",
    "foreign key boss on public.users references it",
    "foreign key back on public.users has SET DEFAULT, and a duplicate has no default before the cut-over",
    "index public.broken on public.users is not valid: rebuild or drop it",
    "view public.ids names the column",
    "function public.f(integer) seems to name the column",
    "foreign key orders_user_fkey on public.orders names the column",
    "column public.history.old holds rows of the table, which would lose the value",
  ]);
});

test("a column that the primary key only includes is in it all the same", () => {
  const table = tableOf("t", {
    constraints: [constraintOf("primary key", "t_pkey", "PRIMARY KEY (id) INCLUDE (a)", ["id"], { index: "t_pkey" })],
    indexes: [
      indexOf("t_pkey", "CREATE UNIQUE INDEX t_pkey ON public.t USING btree (id) INCLUDE (a)", ["id", "a"], {
        primary: true,
        constraint: "t_pkey",
      }),
    ],
  });
  expect(uncarriable(table, "a", [])).toEqual(["it is in the primary key t_pkey on public.t"]);
});

test("dependents that a person declared harmless are left out", () => {
  const dependents = [
    dependentOf("function", "public.f(integer)", ["a"], "text"),
    dependentOf("view", "public.v", ["a"]),
  ];
  expect(uncarriable(tableOf("t", { dependents }), "a", ["public.f(integer)"])).toEqual([
    "view public.v names the column",
  ]);
});

test("partitions count: foreign ones, and what only they have", () => {
  const root = tableOf("t", { kind: "partitioned" });
  const leaves = [
    tableOf("t1", {
      kind: "partition",
      constraints: [constraintOf("primary key", "t1_pkey", "PRIMARY KEY (a)", ["a"])],
    }),
    tableOf("t2", { kind: "foreign" }),
  ];
  expect(uncarriable(root, "a", [], leaves)).toEqual([
    "it is in the primary key t1_pkey on public.t1",
    "partition public.t2 is a foreign table: its rows can't be filled, nor indexes built",
  ]);
});

test.each(["view", "materialized view", "foreign", "partition"] as const)(
  "a %s is no table to replace a column of",
  (kind) => {
    expect(uncarriable(tableOf("t", { kind }), "a", [])[0]).toBe(
      `public.t is a ${kind}: columns are replaced on tables`,
    );
  },
);
