import { describe, expect, test } from "vitest";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { inPublic, tableOf } from "./catalog-of.ts";

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("an index has every column that it reads", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE t (a integer NOT NULL, b text, c text, d boolean, e integer, PRIMARY KEY (a) INCLUDE (e));
        CREATE UNIQUE INDEX i ON t (c DESC, lower(b)) WHERE d;
        CREATE UNIQUE INDEX r ON t (a);
        ALTER TABLE t REPLICA IDENTITY USING INDEX r;
        ALTER TABLE t CLUSTER ON r;
        ALTER INDEX i ALTER COLUMN 2 SET STATISTICS 300;
        COMMENT ON INDEX i IS 'fast';
        INSERT INTO t VALUES (1, 'x', 'x', true, 1), (2, 'x', 'x', false, 1);`,
    });
    await database.query("CREATE UNIQUE INDEX CONCURRENTLY broken ON t (e)").catch(() => undefined);
    const table = await tableOf(database, inPublic("t"));
    const plain = {
      schema: "public",
      unique: true,
      primary: false,
      exclusion: false,
      valid: true,
      constraint: null,
      parent: null,
      replicaIdentity: false,
      clustered: false,
      tablespace: null,
      statisticsTargets: [],
      comment: null,
      bytes: expect.any(Number),
    };
    expect(table.indexes).toEqual([
      {
        ...plain,
        name: "broken",
        definition: "CREATE UNIQUE INDEX broken ON public.t USING btree (e)",
        columns: ["e"],
        valid: false,
      },
      {
        ...plain,
        name: "i",
        definition: "CREATE UNIQUE INDEX i ON public.t USING btree (c DESC, lower(b)) WHERE d",
        columns: ["c", "b", "d"],
        statisticsTargets: [{ key: 2, target: 300 }],
        comment: "fast",
      },
      {
        ...plain,
        name: "r",
        definition: "CREATE UNIQUE INDEX r ON public.t USING btree (a)",
        columns: ["a"],
        replicaIdentity: true,
        clustered: true,
      },
      {
        ...plain,
        name: "t_pkey",
        definition: "CREATE UNIQUE INDEX t_pkey ON public.t USING btree (a) INCLUDE (e)",
        columns: ["a", "e"],
        primary: true,
        constraint: "t_pkey",
      },
    ]);
    expect(table.replicaIdentity).toEqual({ kind: "index", index: "r" });
    expect(table.bytes).toBeGreaterThan(0);
    expect(table.accessMethod).toBe("heap");
  });
});
