import { expect, test } from "vitest";
import { createSegue, type Segue } from "../../src/index.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";

const SCHEMA = `
create table logs (
  day int not null,
  id int not null,
  title varchar(40) not null default 'x' constraint title_length check (length(title) > 0),
  size varchar(10) not null,
  primary key (day, id)
) partition by range (day);
create table logs_1 partition of logs for values from (0) to (10);
create table logs_2 partition of logs for values from (10) to (20);
alter table logs_1 alter title set default 'one';
create index on logs (title);
create index logs_1_alone on logs_1 (title, id);
insert into logs (day, id, title, size) select n % 20, n, 'log ' || n, n from generate_series(1, 200) n;`;

const PLANS = {
  "1_rename.yaml": "operations: [rename_column: { table: logs, from: title, to: subject }]",
  "2_widen.yaml": "operations: [change_type: { table: logs, column: size, type: int, forward: size::int }]",
};
const GONE = ["drop table logs_1", "alter table logs detach partition logs_1"];
const CASES = MAJORS.flatMap((major) => GONE.map((gone) => ({ major, gone })));

async function logs(major: number, soak: number): Promise<{ database: TestDatabase; segue: Segue }> {
  const database = await testDatabase({ script: SCHEMA, major });
  const plans = await planFolder(PLANS);
  const segue = createSegue({ url: database.url, plans, cwd: plans, env: {}, settings: { contract: { soak } } });
  return { database, segue };
}

const columns = async (database: TestDatabase): Promise<unknown[]> =>
  (
    await database.query(
      "select attname from pg_attribute where attrelid = 'logs'::regclass and attnum > 0 and not attisdropped order by attnum",
    )
  ).map(({ attname }) => attname);

test.each(CASES)("a rollout contracts though a partition went before: $gone on $major", async ({ major, gone }) => {
  const { database, segue } = await logs(major, 0);
  await segue.up(["rename"]);
  await database.query(gone);
  expect(await segue.contract("rename", { yes: true })).toMatchObject({ state: "completed" });
  expect(await columns(database)).toEqual(["day", "id", "size", "subject"]);
  await database.query("insert into logs (day, id, size) values (15, 999, '1')");
});

test.each(CASES)(
  "a rollout goes back though a partition went in the soak: $gone on $major",
  async ({ major, gone }) => {
    const { database, segue } = await logs(major, 3_600_000);
    await segue.up(["rename"]);
    await segue.contract("rename");
    await database.query(gone);
    expect(await segue.reverse("rename")).toMatchObject({ state: "reversed" });
    expect(await columns(database)).toEqual(["day", "id", "title", "size"]);
    expect(await database.query("insert into logs (day, id, size) values (15, 999, '1') returning title")).toEqual([
      { title: "x" },
    ]);
  },
);

test.each(MAJORS)("nor does one whose old column turned nullable stay behind on %i", async (major) => {
  const { database, segue } = await logs(major, 3_600_000);
  await segue.up(["widen"]);
  await database.query("drop table logs_1");
  await segue.contract("widen");
  expect(await segue.reverse("widen")).toMatchObject({ state: "reversed" });
  expect(await columns(database)).toEqual(["day", "id", "title", "size"]);
});
