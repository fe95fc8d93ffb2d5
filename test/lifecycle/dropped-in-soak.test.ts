import { expect, test } from "vitest";
import { createSegue } from "../../src/index.ts";
import { catalogDifference, catalogOf } from "../support/catalog-diff.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";

const SCHEMA = `
  create table towns (id int primary key);
  create table people (id int primary key, town int, age int not null,
    constraint town_known foreign key (town) references towns,
    constraint town_positive check (town > 0),
    constraint one_each unique (town, age));
  create index by_town on people (town);
  create statistics town_and_age on town, age from people;
  insert into towns select generate_series(1, 20);
  insert into people select i, i, i from generate_series(1, 20) i`;
const PLAN = {
  "1_town.yaml": "operations:\n  - rename_column: { table: people, from: town, to: home }\n",
  "2_type.yaml": "operations:\n  - change_type: { table: people, column: age, type: bigint }\n",
};

const GONE = [
  ["1_town", "alter table people drop constraint town_known"],
  ["1_town", "alter table people drop constraint town_positive"],
  ["1_town", "alter table people drop constraint one_each"],
  ["1_town", "drop index by_town"],
  ["1_town", "drop statistics town_and_age"],
  ["2_type", "alter table people drop constraint one_each"],
  ["2_type", "drop statistics town_and_age"],
] as const;

test.each(MAJORS.flatMap((major) => GONE.map(([plan, gone]) => ({ major, plan, gone }))))(
  "$plan goes back to all that there was though a person did in the soak: $gone, on PostgreSQL $major",
  async ({ major, plan, gone }) => {
    const database = await testDatabase({ major, script: SCHEMA });
    const plans = await planFolder(PLAN);
    const segue = createSegue({ url: database.url, plans, cwd: plans, env: {}, settings: { contract: { soak: 0 } } });
    const before = await catalogOf(database);
    await segue.up([plan]);
    await expect(segue.contract(plan)).rejects.toMatchObject({ code: "SEG0306" });
    await database.query(gone);
    expect(await segue.reverse(plan)).toMatchObject({ state: "reversed" });
    expect(await catalogDifference(before, database)).toEqual([]);
  },
);
