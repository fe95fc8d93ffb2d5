import { expect, test } from "vitest";
import { createSegue, type SegueError } from "../../src/index.ts";
import { catalogDifference, catalogOf, leftBehind } from "../support/catalog-diff.ts";
import { planFolder } from "../support/plan-folder.ts";
import { MAJORS, testDatabase, type TestDatabase } from "../support/postgres.ts";

const SCHEMA = `
  create table sessions (id bigint primary key, user_id int not null, expired boolean not null, hits int not null default 0);
  create index on sessions (user_id);
  insert into sessions select i, i % 50, i % 3 = 0 from generate_series(1, 3000) i;
  analyze`;
const PLAN = "operations: [delete_rows: { table: sessions, where: expired, keep: true }]";

/** An application that writes the table all the while: rows of its own, and rows that are to be deleted. */
async function traffic(database: TestDatabase): Promise<{ stop(): Promise<{ inserted: number; slowest: number }> }> {
  const client = await database.connect();
  const stopping = new AbortController();
  let inserted = 0;
  let slowest = 0;
  const running = (async () => {
    for (let n = 0; !stopping.signal.aborted; n += 1) {
      const started = performance.now();
      await client.query("insert into sessions values ($1, 1, $2)", [100_000 + n, n % 2 === 0]);
      await client.query("update sessions set hits = hits + 1 where id % 3000 = $1", [(n * 7) % 3000]);
      slowest = Math.max(slowest, performance.now() - started);
      inserted += 1;
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await running;
      await client.end();
      return { inserted, slowest };
    },
  };
}

test.each(MAJORS)(
  "delete_rows takes rows away under traffic, and a reversal brings them back, on PostgreSQL %s",
  async (major) => {
    const database = await testDatabase({ major, script: SCHEMA });
    const before = await catalogOf(database);
    const segue = createSegue({
      url: database.url,
      plans: await planFolder({ "1_expired.yaml": PLAN }),
      env: {},
      settings: { contract: { soak: 0 } },
    });
    const seeds = () =>
      database.query(
        "select count(*)::int as all, count(*) filter (where expired)::int as expired, count(*) filter (where user_id <> id % 50)::int as wrong from sessions where id <= 3000",
      );
    const kept = { all: 2000, expired: 0, wrong: 0 };
    const whole = { all: 3000, expired: 1000, wrong: 0 };
    const reversed = async (): Promise<void> => {
      expect(await segue.reverse("1_expired")).toMatchObject({ state: "reversed" });
      expect(await seeds()).toEqual([whole]);
      expect(await catalogDifference(before, database)).toEqual([]);
      expect(await leftBehind(database)).toEqual([]);
    };
    const application = await traffic(database);

    await segue.expand("1_expired");
    await reversed();

    expect(await segue.up(["1_expired"])).toMatchObject([{ state: "ready" }]);
    expect(await seeds()).toEqual([kept]);
    await reversed();

    await segue.up(["1_expired"]);
    await segue.contract("1_expired").catch((error: SegueError) => expect(error.code).toBe("SEG0306"));
    expect(await seeds()).toEqual([kept]);
    expect(await segue.reverse("1_expired", { to: "ready" })).toMatchObject({ state: "ready" });
    expect(await seeds()).toEqual([kept]);
    await segue.contract("1_expired").catch((error: SegueError) => expect(error.code).toBe("SEG0306"));
    await reversed();

    await segue.up(["1_expired"]);
    expect(await segue.contract("1_expired", { yes: true })).toMatchObject({ state: "completed" });
    const { inserted, slowest } = await application.stop();
    expect(await seeds()).toEqual([kept]);
    // What the application wrote meanwhile may match as well: it is left, or went with the list of its time.
    const [own] = await database.query(
      "select count(*) filter (where not expired)::int as n from sessions where id > 3000",
    );
    expect(own).toEqual({ n: Math.floor(inserted / 2) });
    expect(slowest).toBeLessThan(5_000);
    expect(await catalogDifference(before, database)).toEqual([]);
    expect(await leftBehind(database)).toEqual([]);
    await expect(segue.reverse("1_expired")).rejects.toMatchObject({
      code: expect.stringMatching(/^SEG030/) as string,
    });
  },
);
