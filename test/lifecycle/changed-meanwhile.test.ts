import { expect, test } from "vitest";
import { createSegue, type Segue } from "../../src/index.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";

const SCHEMA = `
create table accounts (
  id int primary key,
  username varchar(40) not null constraint accounts_username_key unique,
  region text default 'eu',
  note text
);
create index accounts_region on accounts (region);
create table regions (code text primary key);
insert into regions values ('r0'), ('r1');
insert into accounts select n, 'user' || n, 'r' || n % 2 from generate_series(1, 20) n;`;

const PLANS = {
  "1_region.yaml": "operations: [rename_column: { table: accounts, from: region, to: area }]",
  "2_note.yaml": "operations: [drop_column: { table: accounts, column: note }]",
};

async function accounts(major?: number): Promise<{ database: TestDatabase; segue: Segue }> {
  const database = await testDatabase({ script: SCHEMA, ...(major === undefined ? {} : { major }) });
  const plans = await planFolder(PLANS);
  const segue = createSegue({ url: database.url, plans, cwd: plans, env: {}, settings: { contract: { soak: 0 } } });
  return { database, segue };
}

/** What a person does to the old column while the rollout is ready, how they take it back, and how the gate names it. */
const DEEDS: readonly (readonly [string, string, string])[] = [
  ["create index later on accounts (region, note)", "drop index later", "index public.later"],
  [
    "alter table accounts add constraint later unique (region, id)",
    "alter table accounts drop constraint later",
    "constraint later of public.accounts",
  ],
  [
    "alter table accounts add constraint later check (length(region) < 9)",
    "alter table accounts drop constraint later",
    "constraint later of public.accounts",
  ],
  [
    "alter table accounts add constraint later foreign key (region) references regions",
    "alter table accounts drop constraint later",
    "constraint later of public.accounts",
  ],
  ["create statistics later on region, note from accounts", "drop statistics later", "statistics public.later"],
  [
    "alter table accounts alter region set default 'us'",
    "alter table accounts alter region set default 'eu'",
    "default 'us'::text",
  ],
  ["alter table accounts alter region set not null", "alter table accounts alter region drop not null", "NOT NULL"],
  ["comment on column accounts.region is 'where'", "comment on column accounts.region is null", 'comment "where"'],
  [
    "grant select (region) on accounts to pg_monitor",
    "revoke select (region) on accounts from pg_monitor",
    "grant of SELECT to pg_monitor",
  ],
  [
    "drop index accounts_region",
    "create index accounts_region on accounts (region)",
    "index public.accounts_region is gone from public.accounts.region",
  ],
];

test.each(DEEDS)("the contract does not lose what came later: %s", async (deed, undone, named) => {
  const { database, segue } = await accounts();
  await segue.up(["region"]);
  await database.query(deed);
  const refused = await segue.contract("region", { yes: true }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "SEG0303" });
  expect(JSON.stringify((refused as { problems: unknown }).problems).replaceAll("\\", "")).toContain(named);
  expect(await segue.status("region")).toMatchObject([{ state: "ready" }]);
  await database.query(undone);
  expect(await segue.contract("region", { yes: true })).toMatchObject({ state: "completed" });
});

test.each(MAJORS)("nor does the drop of a column, on PostgreSQL %i", async (major) => {
  const { database, segue } = await accounts(major);
  await segue.up(["note"]);
  await database.query("create index later on accounts (region, note)");
  await expect(segue.contract("note", { yes: true })).rejects.toMatchObject({ code: "SEG0303" });
  await segue.reverse("note");
  expect(await database.query("select to_regclass('later') is not null as stands")).toEqual([{ stands: true }]);
});

test.each(MAJORS)("what comes to the old column is carried once the plan is expanded anew, on %i", async (major) => {
  const { database, segue } = await accounts(major);
  await segue.up(["region"]);
  await database.query("create index later on accounts (region, note)");
  await segue.reverse("region");
  await segue.up(["region"]);
  await segue.contract("region", { yes: true });
  expect(await database.query("select pg_get_indexdef('later'::regclass) as definition")).toEqual([
    { definition: "CREATE INDEX later ON public.accounts USING btree (area, note)" },
  ]);
});
