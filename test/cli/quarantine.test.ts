import { expect, test } from "vitest";
import { until } from "../support/until.ts";
import { AGE, MENDED, openRows, PEOPLE, peopleProject, PLAN } from "./quarantined.ts";
import { objects, segue, start, write } from "./segue.ts";

const NINETY = 'invalid input syntax for type integer: "ninety"';
const OLD = 'invalid input syntax for type integer: "old"';
const BAD = `${PEOPLE} update people set born = 'ninety' where id in (7, 8); update people set born = 'old' where id = 9;`;

const list = (...more: readonly string[]): readonly string[] => ["quarantine", "age", "list", ...more];

test("list says that nothing is open, and of a plan that was never expanded that", async () => {
  const { place } = await peopleProject();
  expect(await segue(place, "init")).toMatchObject({ code: 0 });
  expect(await segue(place, ...list())).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(`${AGE} was never expanded`) as string,
  });
  await segue(place, "expand", "age");
  expect(await segue(place, ...list())).toMatchObject({ code: 0, stdout: `No row of ${AGE} is open.\n` });
  expect((await segue(place, ...list("--all"))).stdout).toBe(`No row of ${AGE} was ever put aside.\n`);
  expect(objects(await segue(place, ...list("--json")))).toMatchObject([
    { type: "quarantine", plan: AGE, state: "expanded", open: 0, total: 0, shown: 0, next: null },
  ]);
  const nothing = await segue(place, "quarantine", "age", "retry");
  expect(nothing).toMatchObject({ code: 0, stdout: `Nothing to do: no row of ${AGE} is open.\n` });
});

test("list names rows, columns, errors and where they come from, as many as are wanted", async () => {
  const { database, place } = await peopleProject(BAD);
  expect(await segue(place, "up", "age")).toMatchObject({ code: 1 });
  await database.query("update people set born = 'x' where id = 1");
  const { code, stdout } = await segue(place, ...list());
  expect(code).toBe(0);
  const since = expect.stringMatching(/^ {4}put aside by the fill, first at \d{4}-\d\d-\d\d [\d:]+Z$/) as string;
  const lines = stdout.split("\n");
  expect(lines[0]).toBe(`4 rows of ${AGE} are open: it waits for them.`);
  const seven = lines.indexOf('public.people {"id": 7}');
  expect(lines.slice(seven, seven + 3)).toEqual([
    'public.people {"id": 7}',
    expect.stringMatching(/^ {4}\S+: invalid input syntax for type integer: "ninety" \(SQLSTATE 22P02\)$/) as string,
    since,
  ]);
  const one = lines.indexOf('public.people {"id": 1}');
  expect(lines[one + 2]).toMatch(/^ {4}put aside by a client's write, first at /);
  expect(lines.at(-2)).toBe(`Next: mend these rows, then segue quarantine ${AGE} retry; or segue reverse ${AGE}`);

  const few = await segue(place, ...list("--limit", "1"));
  expect(few.stdout).toContain("\n… and 3 more: --limit 4 shows all\nNext: ");
  const [row, end, ...rest] = objects(await segue(place, ...list("--limit", "1", "--json")));
  expect(rest).toEqual([]);
  expect(row).toMatchObject({
    type: "quarantine_row",
    plan: AGE,
    table: "public.people",
    key: expect.stringMatching(/^\{"id": \d\}$/) as string,
    columns: [expect.any(String) as string],
    step: expect.stringMatching(/^fill public\.people /) as string,
    source: "fill",
    sqlstate: "22P02",
    state: "open",
    since: expect.stringMatching(/Z$/) as string,
  });
  expect(end).toMatchObject({ type: "quarantine", state: "backfilling", open: 4, total: 4, shown: 1 });
});

test("retry fills what computes by now, says what does not, and the backfill then goes on", async () => {
  const { database, place } = await peopleProject(BAD);
  expect(await segue(place, "up", "age")).toMatchObject({ code: 1 });
  await database.query(MENDED);
  // Mended by the application, whose write the trigger derives; and gone.
  await database.query("insert into people values (60, 'x'), (61, 'y')");
  await database.query("update people set born = '1960' where id = 60; delete from people where id = 61");
  const first = await segue(place, "quarantine", "age", "retry");
  expect(first).toMatchObject({
    code: 1,
    stdout: expect.stringContaining(
      `4 rows of ${AGE} are settled: filled, or with nothing to fill any more; 1 is left.\n`,
    ) as string,
  });
  expect(first.stdout).toContain('public.people {"id": 9}\n');
  expect(first.stdout).not.toContain('{"id": 7}');
  expect(first.stderr).toContain(`1 row of ${AGE} still can't be filled`);
  expect(first.stderr).toContain("SEG0404");
  expect(await openRows(database)).toEqual([{ key: { id: 9 }, error: OLD }]);
  const [report] = objects(await segue(place, "status", "age", "--json"));
  expect(report).toMatchObject({
    state: "backfilling",
    health: "failed",
    reason: `1 row can't be filled, such as public.people {"id": 9}: ${OLD}`,
  });

  await database.query("update people set born = '1909' where id = 9");
  const second = await segue(place, "quarantine", "age", "retry", "--json");
  expect(second.code).toBe(0);
  expect(objects(second).at(-1)).toMatchObject({
    type: "quarantine",
    state: "backfilling",
    open: 0,
    settled: 1,
    next: `segue resume ${AGE}`,
  });
  expect(objects(await segue(place, ...list("--all", "--json"))).map(({ state }) => state)).toEqual([
    ...Array.from({ length: 5 }, () => "settled"),
    "backfilling",
  ]);
  expect((await segue(place, ...list("--all"))).stdout).toMatch(
    /^No row of \S+ is open\. 5 more rows are not any more\.\n/,
  );
  expect((await segue(place, "history", "age")).stdout).toMatch(/ quarantine retried +4 of 5 rows settled, 1 left\n/);
  expect(await segue(place, "resume", "age")).toMatchObject({ code: 0 });
  expect(await segue(place, "contract", "age", "--yes")).toMatchObject({ code: 0 });
  expect(await database.query("select id, born from people where id in (7, 8, 9, 60) order by id")).toEqual([
    { id: 7, born: 1990 },
    { id: 8, born: 1990 },
    { id: 9, born: 1909 },
    { id: 60, born: 1960 },
  ]);
});

test("rows of a fill that has stopped in its middle are tried again, and it goes on from its cursor", async () => {
  const { database, place } = await peopleProject(
    `create table people (id int primary key, born text);
     insert into people select n, case when n % 2000 = 0 then 'ninety' else '1901' end from generate_series(1, 20000) n`,
  );
  const limited = "settings:\n  backfill: { quarantine_limit: 3 }\n";
  write(place, `plans/${AGE}.yaml`, PLAN.replace("settings:\n", limited));
  const stopped = await segue(place, "up", "age");
  expect(stopped).toMatchObject({ code: 1 });
  expect(stopped.stderr).toContain(`segue quarantine ${AGE} list names them`);
  await database.query(MENDED);
  const [filled] = await database.query("select sum(rows_done)::int as n from segue.extent");
  const { code, stdout } = await segue(place, "quarantine", "age", "retry");
  expect([code, stdout]).toEqual([0, expect.stringContaining(`4 rows of ${AGE} are settled`) as string]);
  expect(await database.query("select sum(rows_done)::int as n from segue.extent")).toEqual([
    { n: Number(filled?.["n"]) + 4 },
  ]);
  expect(await segue(place, "resume", "age")).toMatchObject({ code: 0 });
  expect(await database.query("select sum(rows_done)::int as n from segue.extent")).toEqual([{ n: 20_000 }]);
  expect(await segue(place, "contract", "age", "--yes")).toMatchObject({ code: 0 });
  expect(await database.query("select born, count(*)::int as n from people group by born order by born")).toEqual([
    { born: 1901, n: 19_990 },
    { born: 1990, n: 10 },
  ]);
});

test("what a rollout has failed on besides rows still stands after a retry", async () => {
  const { database, place } = await peopleProject();
  expect(await segue(place, "expand", "age")).toMatchObject({ code: 0 });
  await database.query("update people set born = 'ninety' where id = 7");
  await database.query(
    `update segue.rollout set state = 'backfilling', error = '{"code": "SEG0401", "message": "add an index: no", "step": "x"}'`,
  );
  expect(await segue(place, "quarantine", "age", "retry")).toMatchObject({ code: 1 });
  expect(objects(await segue(place, "status", "age", "--json"))[0]).toMatchObject({
    health: "failed",
    reason: "add an index: no",
  });
});

test("at ready, retry fills what a client's write left without a value, and the contract goes on", async () => {
  const { database, place } = await peopleProject();
  expect(await segue(place, "up", "age")).toMatchObject({ code: 0 });
  await database.query("update people set born = 'ninety' where id = 7; update people set born = 'old' where id = 9");
  expect(await segue(place, "contract", "age", "--yes")).toMatchObject({ code: 3 });
  await database.query(MENDED);
  expect(await segue(place, "quarantine", "age", "retry")).toMatchObject({ code: 1 });
  expect(await openRows(database)).toEqual([{ key: { id: 9 }, error: OLD }]);
  await database.query("update people set born = '1909' where id = 9");
  const { code, stdout } = await segue(place, "quarantine", "age", "retry");
  expect([code, stdout]).toEqual([0, expect.stringContaining(`Next: segue contract ${AGE}\n`)]);
  expect(await segue(place, "contract", "age", "--yes")).toMatchObject({ code: 0 });
  expect(await database.query("select born from people where id = 7")).toEqual([{ born: 1990 }]);
});

test("where rows can't be tried by themselves, retry is refused and says what to run", async () => {
  const { database, place } = await peopleProject();
  await segue(place, "expand", "age");
  await database.query("update people set born = 'ninety' where id = 7");
  const before = await database.query("select epoch from segue.rollout");
  const refused = await segue(place, "quarantine", "age", "retry");
  expect(refused).toMatchObject({ code: 3, stdout: "" });
  expect(refused.stderr).toContain(`${AGE} is expanded: its backfill has not begun, which tries all rows`);
  expect(refused.stderr).toContain(`Next: mend these rows, then segue backfill ${AGE}`);
  expect(await database.query("select epoch from segue.rollout")).toEqual(before);
  expect(await segue(place, "reverse", "age")).toMatchObject({ code: 0 });
  const over = await segue(place, "quarantine", "age", "retry");
  expect(over).toMatchObject({ code: 3 });
  expect(over.stderr).toContain(`${AGE} is reversed: it is over, and nothing waits for these rows`);
  const listed = await segue(place, ...list());
  expect(listed.stdout).toMatch(/^1 row of \S+ is open\.\n/);
  expect(listed.stdout).not.toContain("Next:");
});

test("retry is refused while a runner is alive, and of two at once one is", { timeout: 240_000 }, async () => {
  const { database, place } = await peopleProject(BAD);
  expect(await segue(place, "up", "age")).toMatchObject({ code: 1 });
  await database.query(MENDED);
  const holder = await database.connect();
  await holder.query("begin; select from people where id = 8 for update");
  const first = await start(place, "quarantine", "age", "retry");
  await until(async () => (await openRows(database)).length === 2, 60_000);
  const second = await segue(place, "quarantine", "age", "retry");
  expect(second).toMatchObject({ code: 5, stdout: "" });
  expect(await segue(place, "resume", "age")).toMatchObject({ code: 5 });
  await holder.query("commit");
  expect(await first.ended).toMatchObject({ code: 1 });
  expect(await openRows(database)).toEqual([{ key: { id: 9 }, error: OLD }]);
  expect(await database.query("select count(*)::int as n from segue.event where type = 'quarantine retried'")).toEqual([
    { n: 1 },
  ]);
});

test("a retry that is killed in the middle loses nothing, and the next one goes on", { timeout: 240_000 }, async () => {
  const { database, place } = await peopleProject(BAD);
  expect(await segue(place, "up", "age")).toMatchObject({ code: 1 });
  await database.query(MENDED);
  const holder = await database.connect();
  await holder.query("begin; select from people where id = 8 for update");
  const killed = await start(place, "quarantine", "age", "retry");
  await until(async () => (await openRows(database)).length === 2, 60_000);
  killed.child.kill("SIGKILL");
  await killed.ended;
  expect(objects(await segue(place, "status", "age", "--json"))[0]).toMatchObject({ state: "backfilling" });
  await holder.query("commit");
  expect(await segue(place, "quarantine", "age", "retry")).toMatchObject({ code: 1 });
  expect(await openRows(database)).toEqual([{ key: { id: 9 }, error: OLD }]);
  await database.query("update people set born = '1909' where id = 9");
  expect(await segue(place, "resume", "age")).toMatchObject({ code: 0 });
});

test("Ctrl-C ends a retry that waits for a row, after a checkpoint", { timeout: 240_000 }, async () => {
  const { database, place } = await peopleProject(BAD);
  expect(await segue(place, "up", "age")).toMatchObject({ code: 1 });
  await database.query(MENDED);
  const holder = await database.connect();
  await holder.query("begin; select from people where id = 8 for update");
  const running = await start(place, "quarantine", "age", "retry");
  await until(async () => (await openRows(database)).length === 2, 60_000);
  running.child.kill("SIGINT");
  expect(await running.ended).toMatchObject({ code: 130 });
  await holder.query("commit");
  expect(await openRows(database)).toEqual([
    { key: { id: 8 }, error: NINETY },
    { key: { id: 9 }, error: OLD },
  ]);
});

test("a row that is put aside again while it is settled stays open", { timeout: 240_000 }, async () => {
  const { database, place } = await peopleProject();
  expect(await segue(place, "up", "age")).toMatchObject({ code: 0 });
  await database.query("update people set born = 'ninety' where id = 7");
  await database.query(MENDED);
  const client = await database.connect();
  await client.query("begin; select from segue.quarantine for update");
  const running = await start(place, "quarantine", "age", "retry");
  const shadow = await shadowOf(database);
  await until(
    async () => (await database.query(`select from people where id = 7 and "${shadow}" = 1990`)).length > 0,
    60_000,
  );
  await client.query("update people set born = 'old' where id = 7");
  await client.query("commit");
  expect(await running.ended).toMatchObject({ code: 1 });
  expect(await openRows(database)).toEqual([{ key: { id: 7 }, error: OLD }]);
});

async function shadowOf(database: { query(sql: string): Promise<Record<string, unknown>[]> }): Promise<string> {
  const [row] = await database.query(
    "select attname::text as name from pg_attribute where attrelid = 'people'::regclass and attnum > 2 and not attisdropped",
  );
  return String(row?.["name"]);
}
