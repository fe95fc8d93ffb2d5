import { VERSION_MARK } from "../../src/model/versioned.ts";

/** A plan to be struck in, at the point where it hurts. */
export interface CrashPlan {
  /** The plan's name, as the verbs take it. */
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** True if its contract drops something, so that it can't be reversed to the end. */
  readonly drops: boolean;
  /** What a reversal leaves of the plan's work in the rows, since it can't tell it from the application's: put back by hand. */
  readonly stays?: string;
  /** Makes the tables and their rows. */
  readonly schema: string;
}

const SCHEMA = `
create table regions (id int primary key, name text not null);
insert into regions select n, 'region ' || n from generate_series(1, 7) as n;
create table accounts (
  id bigint generated always as identity primary key,
  username varchar(40) not null default 'nobody' constraint accounts_username_key unique,
  region_id int not null references regions,
  status text,
  filler text not null default repeat('x', 200),
  constraint username_length check (length(username) > 1)
);
create index accounts_lower_username on accounts (lower(username));
create index accounts_region on accounts (region_id);
comment on column accounts.username is 'how people log in';
insert into accounts (username, region_id, status)
  select 'user' || n, 1 + n % 7, case when n % 3 > 0 then 'active' end from generate_series(1, 300) as n;
`;

const yaml = (name: string, text: string, drops = false): CrashPlan => ({
  name,
  drops,
  files: { [`1_${name}.yaml`]: `${text}\nsettings: { contract: { soak: 0s } }\n` },
  schema: SCHEMA,
});

const sql = (name: string, up: string, down: string): CrashPlan => ({
  name,
  drops: false,
  files: { [`1_${name}.up.sql`]: up, [`1_${name}.down.sql`]: down },
  schema: SCHEMA,
});

/** The view follows in the cut-over's transaction, or not at all. */
export const RENAME_COLUMN: CrashPlan = {
  ...yaml("rename_column", "operations: [rename_column: { table: accounts, from: username, to: handle }]", true),
  schema: `${SCHEMA}
create view names with (security_barrier) as select id, username from accounts where username <> '';
`,
};

export const CHANGE_TYPE = yaml(
  "change_type",
  "operations: [change_type: { table: accounts, column: region_id, type: bigint }]",
  true,
);

/** Two tables, and a key between them. */
const CHANGE_KEY = yaml("change_key", "operations: [change_type: { table: regions, column: id, type: bigint }]", true);

/** Types that change names, and columns of two tables. */
const RENAME_ENUM_VALUE: CrashPlan = {
  ...yaml("rename_enum_value", "operations: [rename_enum_value: { type: tone, from: low, to: calm }]", true),
  schema: `${SCHEMA}
create type tone as enum ('low', 'high');
alter table accounts add tone tone not null default 'low';
alter table regions add tones tone[];
update regions set tones = '{high,low}';
`,
};

const CHANGE_PRIMARY_KEY = yaml(
  "change_primary_key",
  "operations: [change_primary_key: { table: regions, columns: [name, id] }]",
);

export const CREATE_INDEX = yaml(
  "create_index",
  "operations: [create_index: { table: accounts, columns: [status], name: accounts_status }]",
);

const SET_NOT_NULL: CrashPlan = {
  ...yaml("set_not_null", `operations: [set_not_null: { table: accounts, column: status, fill: "'new'" }]`),
  stays: "update accounts set status = null where status = 'new'",
};

/** Its last statement can't be in a transaction, so that each is one by itself. */
const SQL_STATEMENTS = sql(
  "sql_statements",
  `create table visits (account_id bigint not null, place int not null);
insert into visits select id, region_id from accounts;
create index concurrently visits_account on visits (account_id);`,
  "drop table visits;",
);

const SQL_TRANSACTION = sql(
  "sql_transaction",
  `create table totals as select region_id, count(*) as accounts from accounts group by region_id;
alter table totals add primary key (region_id);
update regions set name = upper(name);`,
  "drop table totals; update regions set name = lower(name);",
);

/** A change that a second run would make once more. */
const CHANGE_ROWS = yaml(
  "change_rows",
  `operations:
  - update_rows: { table: accounts, set: { status: "coalesce(status, '') || '+'" }, where: id % 2 = 0, keep: true }
  - delete_rows: { table: accounts, where: id % 10 = 0, keep: true }`,
  true,
);

/** The schema of one version comes, that of the one before goes. */
const VERSIONS: CrashPlan = {
  ...yaml("versions", "views: true\noperations: [drop_column: { table: accounts, column: status }]", true),
  schema: `${SCHEMA}
create schema public_0;
comment on schema public_0 is '${VERSION_MARK}public';
create view public_0.accounts as select id, username, status from accounts;
grant usage on schema public_0 to pg_monitor;
grant select on public_0.accounts to pg_monitor;`,
};

export const CRASH_PLANS: readonly CrashPlan[] = [
  RENAME_COLUMN,
  CHANGE_TYPE,
  CHANGE_KEY,
  RENAME_ENUM_VALUE,
  CHANGE_PRIMARY_KEY,
  CREATE_INDEX,
  SET_NOT_NULL,
  SQL_STATEMENTS,
  SQL_TRANSACTION,
  CHANGE_ROWS,
  VERSIONS,
];
