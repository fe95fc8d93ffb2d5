import { expect, test } from "vitest";
import { createSegue, type SegueEvent } from "../../src/index.ts";
import { lifecycle } from "../support/lifecycle.ts";
import { SAME, type Version } from "../support/oracle.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase } from "../support/postgres.ts";

/** Neither version knows `points` and `seen`: whatever they write, each of the rows from before must get one more. */
const USERS: Version = { table: "users", columns: { email: (n) => `User${n}@example.org`, note: (n) => `n${n}` } };
const SCHEMA = `
  create table users (id bigint primary key, email text not null, note text, hits int not null default 0, points int, seen text);
  insert into users select i, 'User' || i || '@example.org', null, 0, i, 'never' from generate_series(1, 1500) i`;
const CHANGED = "select count(*)::int as n from users where points <> id + 1 or seen <> 'never again'";

test.each(MAJORS)(
  "update_rows changes each row once, and a reversal brings all values back, on PostgreSQL %s",
  async (major) => {
    const { database } = await lifecycle({
      major,
      schema: SCHEMA,
      plan: `
operations:
  - update_rows: { table: users, set: { points: points + 1, seen: "seen || ' again'" }, where: points is not null, keep: true }
  - add_check: { table: users, name: seen_again, check: seen <> 'never' }`,
      old: USERS,
      new: USERS,
      link: SAME,
      plainly:
        "alter table users add constraint seen_again check (seen <> 'never') not valid; update users set seen = ''; alter table users validate constraint seen_again",
    });
    const [left] = await database.query("select count(*)::int as n from users where points is not null");
    expect(left!["n"]).toBeGreaterThan(500);
    expect(await database.query(CHANGED)).toEqual([{ n: 0 }]);
  },
);

test.each(MAJORS)("update_rows with an undo of its own is reversed by that on PostgreSQL %s", async (major) => {
  const { database } = await lifecycle({
    major,
    schema: SCHEMA,
    plan: `
operations:
  - update_rows:
      table: users
      set: { points: points + 1, seen: "'never again'" }
      where: seen = 'never'
      undo: { set: { points: points - 1, seen: "'never'" }, where: seen = 'never again' }`,
    old: USERS,
    new: USERS,
    link: SAME,
    plainly: "",
  });
  expect(await database.query(CHANGED)).toEqual([{ n: 0 }]);
});

test.each(MAJORS)("what nothing brings back stays, and is said to, on PostgreSQL %s", async (major) => {
  const database = await testDatabase({ major, script: SCHEMA });
  const events: SegueEvent[] = [];
  const segue = createSegue({
    url: database.url,
    plans: await planFolder({
      "1_points.yaml": "operations: [update_rows: { table: users, set: { points: points + 1 } }]",
    }),
    env: {},
    onEvent: (event) => events.push(event),
  });
  const plan = await segue.plan("1_points");
  expect(plan.program.warnings).toContain(
    "what update_rows makes of public.users can't be taken back: give it `keep: true` or an `undo`",
  );
  expect(await segue.up(["1_points"])).toMatchObject([{ state: "completed" }]);
  const stays = ["the rows of public.users that were changed stay as they are by then"];
  expect(await segue.reverseDryRun("1_points")).toMatchObject({ stays, irreversible: [], losses: [] });
  expect(await segue.reverse("1_points")).toMatchObject({ state: "reversed" });
  expect(events.filter(({ type }) => type === "stays")).toEqual([{ type: "stays", plan: "1_points", what: stays }]);
  expect(await database.query("select count(*)::int as n from users where points = id + 1")).toEqual([{ n: 1500 }]);
});
