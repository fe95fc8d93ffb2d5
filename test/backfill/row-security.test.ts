import { expect, onTestFinished, test } from "vitest";
import { createSegue } from "../../src/index.ts";
import { catalogDifference, catalogOf } from "../support/catalog-diff.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";

const OPERATIONS = {
  change_type: "{ table: t, column: a, type: int, forward: a::int, reverse: a::text }",
  set_not_null: "{ table: t, column: tenant, fill: '7' }",
  update_rows: "{ table: t, set: { tenant: 1 }, where: tenant = 0 }",
  delete_rows: "{ table: t, where: tenant = 0 }",
};

test.each(MAJORS.flatMap((major) => Object.entries(OPERATIONS).map(([kind, fields]) => ({ major, kind, fields }))))(
  "PostgreSQL $major: $kind fails, and is taken back, where row security would hide rows from the role that runs it",
  async ({ major, kind, fields }) => {
    const database = await testDatabase({
      major,
      script:
        "create table t (id int primary key, tenant int, a text); insert into t select n, n % 2, n from generate_series(1, 50) n",
    });
    const role = `owner_${database.name}`;
    await database.query(`create role ${role} login password 'x'; grant create on database ${database.name} to ${role};
      grant create on schema public to ${role}; alter table t owner to ${role};
      alter table t enable row level security, force row level security; create policy p on t using (tenant = 1)`);
    onTestFinished(async () => {
      await database.query(`reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`);
    });
    const before = await catalogOf(database);
    const url = new URL(database.url);
    url.username = role;
    url.password = "x";
    const segue = createSegue({
      url: url.href,
      plans: await planFolder({ "1_p.yaml": `operations:\n  - ${kind}: ${fields}\n` }),
      env: {},
    });
    const up = segue.expand("p").then(() => segue.backfill("p"));
    await expect(up).rejects.toMatchObject({
      code: "SEG0401",
      message: expect.stringContaining('row-level security policy for table "t"') as string,
    });
    expect(await segue.reverse("p")).toMatchObject({ state: "reversed" });
    expect(await catalogDifference(before, database)).toEqual([]);
    expect(await database.query("select count(*)::int as rows, min(tenant) as least from t")).toEqual([
      { rows: 50, least: 0 },
    ]);
  },
);
