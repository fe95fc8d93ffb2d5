import { expect, test } from "vitest";
import { createSegue, type SegueEvent } from "../../../src/index.ts";
import { planFolder } from "../../support/plan-folder.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { until } from "../../support/until.ts";

const PLANS = {
  "1_index.yaml": "operations:\n  - create_index: { table: t, columns: [a], name: t_a }\n",
  "2_check.yaml": 'operations:\n  - add_check: { table: parts, name: positive, check: "a > 0" }\n',
};
const SCHEMA = `create table t (a int); insert into t values (1);
  create table parts (a int) partition by list (a);
  create table parts_1 partition of parts for values in (1);
  insert into parts select 1 from generate_series(1, 1000)`;

test.each(MAJORS)(
  "PostgreSQL %i tells how far an index build is, to the runner and to `status` elsewhere",
  async (major) => {
    const database = await testDatabase({ major, script: SCHEMA });
    const events: SegueEvent[] = [];
    const options = { url: database.url, plans: await planFolder(PLANS), env: {} };
    const segue = createSegue({ ...options, onEvent: (event) => events.push(event) });
    await segue.expand("index");
    const holder = await database.connect();
    await holder.query("begin isolation level repeatable read");
    await holder.query("select from t");
    const running = segue.backfill("index");
    const waiting = (): SegueEvent | undefined =>
      events.find((event) => event.type === "build_progress" && event.phase === "waiting for old snapshots");
    await until(async () => waiting() !== undefined);
    expect(waiting()).toMatchObject({ unit: "sessions" });
    const [status] = await createSegue(options).status("index");
    expect(status?.progress).toMatchObject({ unit: "sessions" });
    await holder.query("commit");
    expect((await running).state).toBe("completed");
  },
);

test("how much a validation reads is told when it begins, all partitions together", async () => {
  const database = await testDatabase({ script: SCHEMA });
  const events: SegueEvent[] = [];
  const segue = createSegue({
    url: database.url,
    plans: await planFolder(PLANS),
    env: {},
    onEvent: (event) => events.push(event),
  });
  await segue.expand("check");
  await segue.backfill("check");
  const reads = events.flatMap((event) => (event.type === "step_started" && event.reads !== null ? [event] : []));
  const [size] = await database.query<{ bytes: number }>("select pg_relation_size('parts_1')::int as bytes");
  expect(reads.map(({ title }) => title)).toEqual(expect.arrayContaining([expect.stringContaining("parts")]));
  expect(new Set(reads.map(({ reads: bytes }) => bytes))).toEqual(new Set([size?.bytes]));
});
