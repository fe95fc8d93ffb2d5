import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import { scopeOf } from "../../../src/compiler/scope.ts";
import type { SegueError } from "../../../src/model/errors.ts";
import type { Program } from "../../../src/model/program.ts";
import { completeSettings } from "../../../src/plan/merge-settings.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { withSession } from "../steps/execute-drafts.ts";
import { planOf } from "./compile-plan.ts";

beforeAll(loadParser);

const SCHEMA = `
  create sequence numbers;
  create table users (id serial primary key, boss int references users, name text);
  create table invoices (user_id int references users, number int, primary key (user_id, number));
  create table lines (id int primary key, user_id int, number int, foreign key (user_id, number) references invoices);
  create table given (id int primary key);
  create table shared (id serial primary key);
  create table sharing (n int default nextval('shared_id_seq'));
  create table tenants (tenant int, id serial, primary key (tenant, id));
  create table owners (id serial primary key);
  create table owned (owner_id int default 1 references owners);
  create table leaders (id serial primary key);
  create table led (leader_id int not null references leaders deferrable);
  create table same (id int primary key default 1);
  create table days (id date primary key);
  create table partial (id serial, kind text, primary key (id, kind));
  create unique index on partial (id) where kind = 'x'`;

async function programOf(session: Session, text: string): Promise<Program> {
  const plan = planOf(text);
  const catalog = await readCatalog(session, { ...scopeOf(plan, "public"), defaultSchema: "public" });
  return compile(plan, catalog, completeSettings(plan.settings));
}

const RANDOM = "forward: gen_random_uuid()";

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("the key is filled and indexed before a trigger looks it up, and its old column outlives what does", async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const program = await programOf(
        session,
        `operations: [change_type: { table: users, column: id, type: uuid, ${RANDOM} }]`,
      );
      const steady = (text: string): string => text.replaceAll(/_[0-9a-f]{8}\b/g, "_#");
      const titles = program.backfill.map(({ title }) => steady(title));
      const key = "public.users.segue_new_id_#";
      expect(titles.slice(0, 8)).toEqual([
        "fill public.users (segue_new_id_#)",
        `copy index public.users_pkey to ${key}`,
        `follow the references of public.invoices to ${key}`,
        "fill public.invoices (segue_new_user_id_#)",
        `follow the references of public.lines to ${key}`,
        "fill public.lines (segue_new_user_id_#)",
        `follow the references of public.users to ${key}`,
        "fill public.users (segue_new_boss_#)",
      ]);
      expect(program.drop.map(({ title }) => steady(title))).toEqual([
        "stop following the references of public.invoices; drop column public.invoices.user_id",
        "stop following the references of public.lines; drop column public.lines.user_id",
        "stop following the references of public.users; drop column public.users.id; drop column public.users.boss",
      ]);
      // Only where a foreign key leads to the key itself does its check take that lock.
      const locking = program.backfill.filter(
        (step) => step.kind === "transaction" && step.statements.some((sql) => sql.includes("FOR KEY SHARE OF k")),
      );
      expect(locking.map(({ table }) => table?.name)).toEqual(["invoices", "users"]);
      expect(program.inverse).toEqual({
        possible: false,
        reasons: ["the values of users.id were made anew: the ones before went with the old column"],
      });
    });
  });

  test("what can't be made anew is refused with its reason and a way out", async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const refused = async (table: string, more = RANDOM, type = "uuid"): Promise<readonly (string | undefined)[]> =>
        await programOf(
          session,
          `operations: [change_type: { table: ${table}, column: id, type: ${type}, ${more} }]`,
        ).then(
          () => ["compiled"],
          ({ code, message, next }: SegueError) => [code, message, next],
        );
      expect(await refused("given")).toEqual([
        "SEG0102",
        "public.given.id can't be replaced: after the cut-over a new row would have no old value, for nothing makes one",
        "say in `reverse` what does: nextval('<a sequence>')",
      ]);
      expect(await refused("given", `${RANDOM}, reverse: "nextval('numbers')"`)).toEqual(["compiled"]);
      expect(await refused("users", `${RANDOM}, reverse: "nextval('numbers')"`)).toEqual([
        "SEG0102",
        "public.users.id can't be replaced: its old values go on coming from its default",
        "leave `reverse` out",
      ]);
      expect(await refused("given", `${RANDOM}, reverse: id`)).toEqual([
        "SEG0102",
        "public.given.id can't be replaced: a new value that is made of nothing tells no old one",
        "write in `reverse` what makes one: nextval('<a sequence>')",
      ]);
      expect(await refused("users", 'forward: "(select gen_random_uuid())"')).toEqual([
        "SEG0102",
        "public.users.id can't be replaced: its expressions must give the same value for the same key: cannot use subquery in index expression",
        "write it by immutable functions of the column alone",
      ]);
      expect(await refused("same")).toEqual([
        "SEG0102",
        "public.same.id can't be replaced: its default gives every row the same old value",
        "give it a default that counts first: nextval('<a sequence>')",
      ]);
      expect(await refused("shared")).toEqual([
        "SEG0102",
        "public.shared.id can't be replaced: default value for column n of table public.sharing needs its sequence, which goes with the old column",
        "give that one a sequence of its own first",
      ]);
      for (const table of ["tenants", "partial"]) {
        expect(await refused(table)).toEqual([
          "SEG0102",
          `public.${table}.id can't be replaced: a row's new value is looked up by the old one, which is not unique by itself`,
          "write `forward` by immutable functions of the column, or add_unique first, if it is",
        ]);
      }
      expect(await refused("owners")).toEqual([
        "SEG0102",
        "public.owned.owner_id can't be replaced: it has a default, whose new value is not known before there is one",
        "drop the default first",
      ]);
      expect(await refused("leaders")).toEqual([
        "SEG0102",
        "public.led.leader_id can't be replaced: foreign key led_leader_id_fkey is deferrable: a row may come before the one that it references, and has no new value until then, but must have one",
        "make the foreign key NOT DEFERRABLE, or the column nullable, first",
      ]);
      expect(await refused("days", `${RANDOM}, reverse: clock_timestamp()`)).toEqual([
        "SEG0102",
        "public.days.id can't be replaced: values of date can't be looked up",
        "take an integer, text or uuid",
      ]);
    });
  });
});
