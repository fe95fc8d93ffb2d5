import { beforeAll, describe, expect, test } from "vitest";
import { followViews } from "../../../src/steps/follow-views.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../../support/postgres.ts";
import { withSession } from "./execute-drafts.ts";

beforeAll(loadParser);

const SCHEMA = `
  create schema "Odd ""S";
  create table users (id int primary key, username text collate "C", note text, boss int);
  create table others (id int, username text collate "C")`;
const DUPLICATE = `alter table users add handle text collate "C"`;
const USERS = { schema: "public", name: "users" };

const VIEWS: Readonly<Record<string, string>> = {
  "the column itself": "create view v as select id, username from users",
  "another output name": "create view v (id, called) as select id, username from users",
  "every column": "create view v as select * from users",
  "an expression over it": "create view v as select lower(username) || note as x from users where username > 'b'",
  using: "create view v as select * from users join others using (id, username)",
  natural: "create view v as select * from users natural left join others",
  "a full join":
    "create view v as select username, users.id as a, others.id as b from users full join others using (username)",
  "the table twice":
    "create view v as select u.username, b.username as boss from users u join users b on b.id = u.boss",
  "a whole row": "create view v as select u, u.username from users u",
  "a field of a row": "create view v as select (r).username from (select u as r from users u offset 0) as s",
  "a subquery":
    "create view v as select id from others where exists (select from users where users.username = others.username)",
  "a common table expression":
    "create view v as with w (a, b) as (select id, username from users) select b, count(*) from w group by b",
  "a recursion":
    "create recursive view v (id, path) as select id, username from users where boss is null union all select u.id, v.path || u.username from users u join v on v.id = u.boss",
  "a window":
    "create view v as select rank() over w as place, username from users window w as (partition by note order by username)",
  "a group":
    "create view v as select username, count(*) filter (where note is null) from users group by rollup (username)",
  "a lock": "create view v as select username from users for update of users",
  "a type":
    "create view v as select username::varchar(3) as short, (array_agg(username order by username))[1] as first from users group by username",
  "an odd name": `create view "Odd ""S"."V ""iew.Ä" as select username as "O ""ut" from users`,
  "an option":
    "create view v with (security_barrier, check_option = cascaded) as select id, username from users where username <> ''",
  "of security": "create view v with (security_barrier = off) as select username from users",
  "a view over it": "create view v as select username from users; create view above as select username from v",
  "with all that hangs on it": `create view v as select id, username from users;
    alter view v alter column username set default 'x'; comment on view v is 'c'; comment on column v.username is 'd';
    grant select (username), update on v to public;
    create function f() returns trigger language plpgsql as 'begin return new; end';
    create trigger t instead of insert on v for each row execute function f();
    create rule r as on delete to v do instead nothing`,
};

async function snapshot(session: Session): Promise<readonly unknown[]> {
  const { rows } = await session.query(`
    select c.oid, c.oid::regclass::text as name, pg_get_viewdef(c.oid) as text, c.reloptions, c.relacl::text, c.relowner, obj_description(c.oid) as comment,
      (select json_agg(json_build_array(a.attname, a.atttypid, a.attcollation, a.attacl::text, col_description(c.oid, a.attnum), pg_get_expr(d.adbin, d.adrelid)) order by a.attnum)
         from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where a.attrelid = c.oid and a.attnum > 0) as columns,
      (select json_agg(t.tgname) from pg_trigger t where t.tgrelid = c.oid) as triggers,
      (select json_agg(r.rulename order by r.rulename) from pg_rewrite r where r.ev_class = c.oid) as rules
    from pg_class c where c.relkind = 'v' and c.relnamespace in ('public'::regnamespace, '"Odd ""S"'::regnamespace) order by 1`);
  return rows;
}

async function reads(session: Session, column: string): Promise<number> {
  const { rows } = await session.query<{ count: number }>(
    `select count(*)::int as count from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.refobjid = 'public.users'::regclass and d.classid = 'pg_rewrite'::regclass and a.attname = $1`,
    [column],
  );
  return rows[0]?.count ?? -1;
}

async function inSchema(
  major: number,
  view: string,
  work: (session: Session, database: TestDatabase) => Promise<void>,
) {
  const database = await testDatabase({ major, script: `${SCHEMA}; ${view}; ${DUPLICATE}` });
  await withSession(database, (session) => work(session, database));
}

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test.each(Object.entries(VIEWS))("a view with %s follows, and comes back as it was", async (_, view) => {
    await inSchema(major, view, async (session) => {
      const before = await snapshot(session);
      const read = await reads(session, "username");
      expect(read).toBeGreaterThan(0);
      const both = await reads(session, "handle");
      const hide = "alter table users rename username to hidden";
      const follow = followViews({ table: USERS, from: "hidden", to: "handle", known: ["username"], ignore: [] });
      const back = followViews({
        table: USERS,
        from: "handle",
        to: "hidden",
        known: ["username", "handle"],
        ignore: [],
      });
      await session.transaction(async () => {
        await session.query(hide);
        await session.query(follow);
      });
      expect([await reads(session, "hidden"), await reads(session, "handle")]).toEqual([0, read + both]);
      await session.query("begin");
      await session.query("alter table users drop hidden");
      await session.query("rollback");
      await session.transaction(async () => {
        await session.query(back);
        await session.query("alter table users rename hidden to username");
      });
      expect(await reads(session, "username")).toBe(read);
      expect(await snapshot(session)).toEqual(before);
    });
  });
});
