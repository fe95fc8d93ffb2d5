import { expect, test } from "vitest";
import { createSegue, type SegueError } from "../../src/index.ts";
import { catalogDifference, catalogOf } from "../support/catalog-diff.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";

interface Refused {
  readonly name: string;
  readonly schema: string;
  /** What the refusal says of it, in the end. */
  readonly says: string | RegExp;
  readonly since?: number;
  readonly table?: string;
  /** Run by the session that stays open meanwhile, as its own. */
  readonly session?: string;
}

const T = "create table t (id int primary key, a int, b text); insert into t values (1, 1, 'x');";
const on = (name: string, text: string, says: Refused["says"], since = 14): Refused => ({
  name,
  since,
  schema: `${T} ${text}`,
  says,
});
const names = (what: string): string => `${what} names the column`;
const TRIGGERED = "create function f() returns trigger language plpgsql as 'begin return new; end';";

const REFUSED: readonly Refused[] = [
  on(
    "an exclusion constraint",
    "alter table t add constraint apart exclude using btree (a with =)",
    "exclusion constraint apart on public.t can't be built without stopping writers",
  ),
  on("a materialized view", "create materialized view m as select a from t", names("materialized view public.m")),
  on(
    "a rule",
    "create table u (x int); create rule r as on update to t where new.a > 0 do also insert into u values (new.a)",
    names("rule r on public.t"),
  ),
  on(
    "a rule of a view over the table",
    "create view v as select id from t; create rule r as on delete to v do instead update t set a = null where t.id = old.id",
    names("rule r on public.v"),
  ),
  on("a policy", "create policy p on t using (a > 0)", names("policy p on public.t")),
  on(
    "a policy of another table",
    "create table u (x int); create policy p on u using (exists (select from t where t.a = u.x))",
    names("policy p on public.u"),
  ),
  on(
    "a trigger of one column",
    `${TRIGGERED} create trigger g before update of a on t for each row execute function f()`,
    names("trigger g on public.t"),
  ),
  on(
    "a trigger with a condition",
    `${TRIGGERED} create trigger g before update on t for each row when (new.a > 0) execute function f()`,
    names("trigger g on public.t"),
  ),
  on(
    "the arguments of a trigger",
    `${TRIGGERED} create trigger g before insert on t for each row execute function f('a')`,
    "trigger g on public.t seems to name the column",
  ),
  on(
    "a constraint trigger",
    `${TRIGGERED} create constraint trigger g after update of a on t deferrable for each row execute function f()`,
    /trigger g on public\.t/,
  ),
  on(
    "a function in SQL",
    "create function g() returns int language sql as 'select a from t'",
    "function public.g() seems to name the column",
  ),
  on(
    "a function in PL/pgSQL",
    "create function g() returns int language plpgsql as 'begin return (select max(a) from t); end'",
    "function public.g() seems to name the column",
  ),
  on(
    "a function that the server knows inside",
    "create function g() returns int begin atomic select a from t; end",
    names("function public.g()"),
  ),
  on(
    "a trigger's function",
    "create function g() returns trigger language plpgsql as 'begin new.a := 1; return new; end'; create trigger g before insert on t for each row execute function g()",
    "function public.g() seems to name the column",
  ),
  on(
    "a generated column",
    "alter table t add g int generated always as (a + 1) stored",
    names("generated column public.t.g"),
  ),
  on(
    "a virtual generated column",
    "alter table t add g int generated always as (a + 1) virtual",
    names("generated column public.t.g"),
    18,
  ),
  on("a list of columns that is published", "create publication p for table t (id, a)", names("publication p"), 15),
  on(
    "a filter of the rows that are published",
    "create publication p for table t where (a > 1)",
    names("publication p"),
    15,
  ),
  on(
    "a column of the rows of the table",
    "create table h (old t)",
    "column public.h.old holds rows of the table, which would lose the value",
  ),
  on(
    "a foreign key with SET DEFAULT",
    "create table p (x int primary key); insert into p values (1); alter table t add constraint fk foreign key (a) references p on delete set default",
    "foreign key fk on public.t has SET DEFAULT, and a duplicate has no default before the cut-over",
  ),
  on(
    "a privilege that another role passed on",
    "grant select (a) on t to pg_monitor with grant option; set role pg_monitor; grant select (a) on t to public; reset role",
    "SELECT on it in public.t was granted to PUBLIC by pg_monitor, not by the owner: grant it as the owner",
  ),
  on(
    "an index that is not valid",
    "create index i on t (a); update pg_index set indisvalid = false where indexrelid = 'i'::regclass",
    "index public.i on public.t is not valid: rebuild or drop it",
  ),
  {
    name: "a column that is generated",
    schema: "create table t (id int primary key, a int generated always as (id + 1) stored)",
    says: "it is a generated column: nothing writes to it, so add the new one and drop this one",
  },
  {
    name: "a column that is generated when it is read",
    since: 18,
    schema: "create table t (id int primary key, a int generated always as (id + 1) virtual)",
    says: "it is a generated column: nothing writes to it, so add the new one and drop this one",
  },
  {
    name: "a period",
    since: 18,
    schema: `create extension btree_gist; create table p (id int, a daterange, primary key (id, a without overlaps));
      create table t (id int, a daterange, constraint over foreign key (id, period a) references p (id, period a))`,
    says: "foreign key over on public.t is over a period",
  },
  {
    name: "what may not overlap",
    since: 18,
    schema:
      "create extension btree_gist; create table t (id int, a daterange, constraint apart unique (id, a without overlaps))",
    says: /apart on public\.t.* can't be built without stopping writers/,
  },
  {
    name: "a domain with a check",
    schema: "create domain d as int check (value > 0); create table t (id int primary key, a d)",
    says: /domain/,
  },
  {
    name: "the key of the partitions",
    schema: "create table t (id int, a int) partition by range (a); create table t_1 partition of t default",
    says: "it is in the partition key",
  },
  {
    name: "a foreign table among the partitions",
    schema: `create foreign data wrapper w; create server s foreign data wrapper w; create table t (id int, a int) partition by range (id);
      create foreign table t_1 partition of t for values from (0) to (9) server s`,
    says: "partition public.t_1 is a foreign table: its rows can't be filled, nor indexes built",
  },
  {
    name: "a foreign table",
    schema:
      "create foreign data wrapper w; create server s foreign data wrapper w; create foreign table t (id int, a int) server s",
    says: "public.t is a foreign, not a table",
  },
  { name: "a view", schema: "create view t as select 1 as a", says: "public.t is a view, not a table" },
  {
    name: "a partition",
    schema: "create table p (id int, a int) partition by range (id); create table t partition of p default",
    says: "public.t is a partition: name its parent in the plan",
  },
  {
    name: "a table that others inherit from",
    schema: `${T} create table u () inherits (t)`,
    says: "table public.u inherits from public.t",
  },
  {
    name: "a table that inherits",
    schema: "create table p (a int); create table t (id int) inherits (p)",
    says: "public.t inherits its columns from public.p: change them there",
  },
  {
    name: "a typed table",
    schema: "create type r as (id int, a int); create table t of r",
    says: /has the columns of type public\.r: change them there/,
  },
  {
    name: "a temporary table",
    schema: "select 1",
    session: "create temp table t (id int, a int)",
    says: "table public.t does not exist",
  },
];

test.each(
  MAJORS.flatMap((major) => REFUSED.filter(({ since = 14 }) => major >= since).map((one) => ({ ...one, major }))),
)(
  "$name: a rename is refused before anything ran, on PostgreSQL $major",
  async ({ major, says, schema, session, table = "t" }) => {
    const database = await testDatabase({ major, script: schema });
    if (session !== undefined) await (await database.connect()).query(session);
    const operations = [{ rename_column: { table, from: "a", to: "fresh" } }];
    const plans = await planFolder({ "1_rename.yaml": JSON.stringify({ operations }) });
    const segue = createSegue({ url: database.url, plans, cwd: plans, env: {} });
    const before = await catalogOf(database);
    const error = (await segue.expand("1_rename").catch((thrown: unknown) => thrown)) as SegueError;
    expect(error).toMatchObject({ exitCode: 3, left: "Nothing changed." });
    const said = [error.message, ...error.problems.map(({ message }) => message)];
    expect(said.filter((line) => (typeof says === "string" ? line === says : says.test(line)))).not.toEqual([]);
    expect(await catalogDifference(before, database)).toEqual([]);
  },
);

test.each(MAJORS)(
  "a security label whose provider is gone stops the expand, which leaves nothing, on PostgreSQL %s",
  async (major) => {
    const label = "insert into pg_seclabel values ('t'::regclass, 'pg_class'::regclass, 2, 'gone', 'secret')";
    const database = await testDatabase({ major, script: `${T} ${label}` });
    const operations = [{ rename_column: { table: "t", from: "a", to: "fresh" } }];
    const plans = await planFolder({ "1_rename.yaml": JSON.stringify({ operations }) });
    const segue = createSegue({ url: database.url, plans, cwd: plans, env: {} });
    const before = await catalogOf(database);
    await expect(segue.expand("1_rename")).rejects.toMatchObject({
      code: "SEG0401",
      message: expect.stringContaining('security label provider "gone" is not loaded') as string,
    });
    expect(await catalogDifference(before, database)).toEqual([]);
    expect(await segue.reverse("1_rename")).toMatchObject({ state: "reversed" });
    expect(await catalogDifference(before, database)).toEqual([]);
  },
);
