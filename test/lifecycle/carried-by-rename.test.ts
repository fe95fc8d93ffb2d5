import { expect, test } from "vitest";
import { createSegue } from "../../src/index.ts";
import { catalogAfter, catalogDifference, catalogOf } from "../support/catalog-diff.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";

interface Case {
  /** What hangs on the columns, or what they are. */
  readonly name: string;
  readonly schema: string;
  /** By the major that has it first: what is run besides. */
  readonly since?: Readonly<Record<number, string>>;
  /** As a plan writes it; default: t. */
  readonly table?: string;
  /** Renamed in one plan; default: a. */
  readonly columns?: readonly string[];
}

const PARENTS = `
  create schema away;
  create table away.p (y int, z int unique, x int, primary key (y, x));
  insert into away.p select i, i, i from generate_series(1, 9) i;
  create table q (x int, y int, primary key (x, y)) partition by range (x);
  create table q_1 partition of q for values from (0) to (5);
  create table q_2 partition of q for values from (5) to (99) partition by list (y);
  create table q_2_rest partition of q_2 default;
  insert into q select i, i from generate_series(1, 9) i;`;
const T = `${PARENTS}
  create table t (id int primary key, b int, c text, a int);
  insert into t select i, i, 'c' || i, i from generate_series(1, 9) i;`;
const LONG = "ö".repeat(31);

const TYPES: Readonly<Record<string, string>> = {
  "away.mood": "'low'",
  "away.mood[]": "'{low}'",
  free: "'x'",
  "text[]": `'{a,NULL,"b c"}'`,
  int4range: "'[1,5)'",
  span: "'[1,2]'",
  pair: `'(1,"b c")'`,
  jsonpair: "'(1,{})'",
  "pair[]": `'{"(1,b)"}'`,
  citext: "'Ab'",
  hstore: "'a=>1'",
  ltree: "'a.b'",
  cube: "'(1,2)'",
  json: `'{"a": 1, "a":  2}'`,
  jsonb: `'{"a": 1.0}'`,
  xml: "'<a/>'",
  point: "'(1,2)'",
  tsvector: "'a b'",
  "bit varying(9)": "B'101'",
  oid: "'1'",
  money: "'1'",
  '"char"': "'c'",
};

const CASES: readonly Case[] = [
  {
    name: "foreign keys of every kind",
    schema: `${T} alter table t
      add constraint crosswise foreign key (b, a) references away.p (y, x),
      add constraint cascades foreign key (a, b) references away.p (x, y) on delete cascade on update cascade,
      add constraint restricts foreign key (a, b) references away.p (x, y) on delete restrict on update set null,
      add constraint deferred foreign key (a, b) references away.p (x, y) deferrable initially deferred,
      add constraint defers foreign key (a) references away.p (z) deferrable,
      add constraint wholly foreign key (a, b) references away.p (x, y) match full on delete set null,
      add constraint unproven foreign key (a, b) references away.p (x, y) not valid,
      add constraint itself foreign key (a) references t on delete cascade,
      add constraint parted foreign key (a, b) references q on update cascade`,
    since: {
      15: "alter table t add constraint one foreign key (a, b) references away.p (x, y) on delete set null (a)",
      18: "alter table t add constraint wish foreign key (a, b) references away.p (x, y) not enforced",
    },
  },
  {
    name: "a foreign key by which the table references the column itself",
    schema: `${T} alter table t add unique (a);
      alter table t add constraint fk foreign key (b) references t (a) match full on delete set null deferrable`,
  },
  {
    name: "a foreign key of two columns that references it from another schema",
    table: "away.p",
    columns: ["x"],
    schema: `${T} alter table t
      add constraint fk foreign key (b, a) references away.p (y, x) on update cascade initially deferred`,
  },
  {
    name: "foreign keys of a partitioned table, and of one partition",
    schema: `${PARENTS}
      create table t (id int, b int, c text, a int, primary key (id, b)) partition by range (b);
      create table t_1 partition of t for values from (0) to (5);
      create table t_2 partition of t for values from (5) to (99);
      insert into t select i, i, 'c' || i, i from generate_series(1, 9) i;
      alter table t add constraint plain foreign key (b, a) references away.p (y, x) on delete cascade deferrable;
      alter table t add constraint parted foreign key (a, b) references q match full on delete cascade;
      alter table t_2 add constraint own foreign key (a, b) references q`,
  },
  {
    name: "a column that foreign keys of partitioned tables reference",
    table: "q",
    columns: ["y"],
    schema: `create table q (x int, y int, primary key (x, y)) partition by range (x);
      create table q_1 partition of q for values from (0) to (5);
      create table q_2 partition of q for values from (5) to (99);
      create table t (id int, b int, a int) partition by range (b);
      create table t_1 partition of t for values from (0) to (99);
      insert into q select i, i from generate_series(1, 9) i; insert into t select i, i, i from generate_series(1, 9) i;
      alter table t add constraint parted foreign key (a, b) references q on delete cascade`,
  },
  {
    name: "indexes, constraints, statistics, grants and a replica identity",
    schema: `${T}
      alter table t alter a set not null, alter b set not null, add constraint k check (a > 0 and a < b * 100),
        add constraint n check (a <> 77) not valid, add constraint u unique (a) include (c), alter a set statistics 70;
      create index expression on t ((a + b), (lower(c)));
      create index partial on t (b) where a > 0 and c is not null;
      create unique index includes on t (b) include (a, c);
      create index ordered on t (a desc nulls last, b asc nulls first) with (fillfactor = 70);
      create index blocks on t using brin (a int4_minmax_multi_ops (values_per_range = 16)) with (pages_per_range = 32);
      create index hashed on t using hash (a);
      create unique index named on t (a, b);
      alter table t replica identity using index named, cluster on ordered;
      create statistics s (dependencies, mcv) on b, a from t;
      create statistics e on (a + b), (a % 2) from t;
      alter statistics s set statistics 50;
      grant select (a), update (a, b) on t to public;
      grant references (a) on t to pg_monitor with grant option`,
    since: {
      15: `create unique index equal on t (a, b) nulls not distinct;
        alter table t add constraint equals unique nulls not distinct (a, b)`,
    },
  },
  {
    name: "operator classes, collations and access methods",
    columns: ["xa", "xj", "xp"],
    schema: `create table t (id int primary key, xa text collate "C", xj jsonb, xp point);
      insert into t select i, 'a' || i, jsonb_build_object('i', i), point(i, i) from generate_series(1, 9) i;
      create index on t (xa text_pattern_ops); create index on t (xa collate "POSIX" desc);
      create index on t using gin (to_tsvector('simple', xa));
      create index on t using gin (xj jsonb_path_ops) with (fastupdate = off);
      create index on t using gist (xp); create index on t using spgist (xp kd_point_ops)`,
  },
  {
    name: "types of every kind",
    columns: Object.keys(TYPES).map((_, at) => `c${at}`),
    schema: `create schema away; create type away.mood as enum ('low', 'high'); create domain free as varchar(20);
      create type span as range (subtype = float8); create type pair as (x int, y text);
      create type jsonpair as (x int, y json); create extension citext; create extension hstore; create extension ltree;
      create extension cube;
      create table t (id int primary key, ${Object.entries(TYPES)
        .map(([type, value], at) => `c${at} ${type} not null default ${value}`)
        .join(", ")});
      insert into t select generate_series(1, 9)`,
  },
  {
    name: "what a table without a primary key has",
    schema: `create table t (b text, a int check (a > 0)); create index on t (a);
      insert into t (a) select i from generate_series(1, 9) i; insert into t (a) values (1), (null)`,
  },
  {
    name: "what an unlogged table has",
    schema: `create unlogged table t (id int primary key, a int unique); insert into t select i, i from generate_series(1, 9) i`,
  },
  {
    name: "an identity and its sequence",
    schema: `create table t (b text, a int generated always as identity (start 7 increment 3 cycle maxvalue 900));
      insert into t (b) values ('x')`,
  },
  {
    name: "what bears keywords, capitals, blanks, quotes and dots",
    table: '"S p.ace"."From ""x"""',
    columns: ["select"],
    schema: `create schema "S p.ace"; create table "From ""x""" ("select" int);
      create table "S p.ace"."From ""x""" ("Ä" text, "select" int, constraint "c.k" check ("select" > 0));
      create index "I 'x'" on "S p.ace"."From ""x""" ("select"); insert into "S p.ace"."From ""x""" values ('x', 1)`,
  },
  {
    name: "what bears names of 63 bytes that differ in the last of them",
    table: "t".repeat(63),
    columns: [`${LONG}x`],
    schema: `create table ${"t".repeat(63)} (id int primary key, "${LONG}y" int, "${LONG}x" int,
        constraint ${"k".repeat(62)}1 check ("${LONG}x" > 0), constraint ${"k".repeat(62)}2 check ("${LONG}x" > 1 and "${LONG}y" > 1));
      create index ${"i".repeat(62)}1 on ${"t".repeat(63)} ("${LONG}x");
      create index ${"i".repeat(62)}2 on ${"t".repeat(63)} ("${LONG}x", "${LONG}y")`,
  },
];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const fresh = (column: string): string => `N${column.slice(1)}`;

test.each(MAJORS.flatMap((major) => CASES.map((one) => ({ ...one, major }))))(
  "$name go with a renamed column, come back, and end as plain DDL has them, on PostgreSQL $major",
  async ({ columns = ["a"], major, schema, since = {}, table = "t" }) => {
    const newer = Object.entries(since).filter(([first]) => major >= Number(first));
    const script = [schema, ...newer.map(([, statements]) => statements)].join(";\n");
    const database = await testDatabase({ major, script });
    const operations = columns.map((from) => ({ rename_column: { table, from, to: fresh(from) } }));
    const plans = await planFolder({ "1_rename.yaml": JSON.stringify({ operations }) });
    const segue = createSegue({ url: database.url, plans, cwd: plans, env: {}, settings: { contract: { soak: 0 } } });
    const before = await catalogOf(database);
    await segue.up(["1_rename"]);
    const pairs = columns.map((from) => `r.${quoted(from)}::text is not distinct from r.${quoted(fresh(from))}::text`);
    expect(await database.query(`select 1 from ${table} as r where not (${pairs.join(" and ")})`)).toEqual([]);
    await expect(segue.contract("1_rename")).rejects.toMatchObject({ code: "SEG0306" });
    expect(await segue.reverse("1_rename")).toMatchObject({ state: "reversed" });
    expect(await catalogDifference(before, database)).toEqual([]);

    await segue.up(["1_rename"]);
    expect(await segue.contract("1_rename", { yes: true })).toMatchObject({ state: "completed" });
    const plainly = columns.map((from) => `alter table ${table} rename ${quoted(from)} to ${quoted(fresh(from))}`);
    expect(await catalogDifference(await catalogAfter(major, script, ...plainly), database)).toEqual([]);
  },
);
