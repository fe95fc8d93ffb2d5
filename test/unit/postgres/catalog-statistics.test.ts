import { describe, expect, test } from "vitest";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { inPublic, tableOf } from "./catalog-of.ts";

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("extended statistics have the columns of their expressions", async () => {
    const database = await testDatabase({
      major,
      script:
        "CREATE TABLE t (a integer, b integer, c text); CREATE STATISTICS s ON b, a, lower(c) FROM t; CREATE STATISTICS d ON a, b FROM t; ALTER STATISTICS d SET STATISTICS 0; COMMENT ON STATISTICS d IS 'x'",
    });
    expect((await tableOf(database, inPublic("t"))).statistics).toEqual([
      {
        schema: "public",
        name: "d",
        definition: "CREATE STATISTICS public.d ON a, b FROM public.t",
        columns: ["a", "b"],
        owner: "postgres",
        statisticsTarget: 0,
        comment: "x",
      },
      {
        schema: "public",
        name: "s",
        definition: "CREATE STATISTICS public.s ON a, b, lower(c) FROM public.t",
        columns: ["a", "b", "c"],
        owner: "postgres",
        statisticsTarget: null,
        comment: null,
      },
    ]);
  });
});
