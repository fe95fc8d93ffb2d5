import { describe, expect, test } from "vitest";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { inPublic, tableOf } from "./catalog-of.ts";

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("foreign keys that point at a table are known with their actions, its own and those of partitions once", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE parents (id int PRIMARY KEY, "Code" text UNIQUE, up int CONSTRAINT parents_up REFERENCES parents ON DELETE SET NULL);
        CREATE TABLE plain (p int CONSTRAINT plain_p REFERENCES parents, c text CONSTRAINT plain_c REFERENCES parents ("Code") ON UPDATE CASCADE);
        CREATE TABLE parted (p int CONSTRAINT parted_p REFERENCES parents ON DELETE CASCADE) PARTITION BY LIST (p);
        CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1)`,
    });
    const none = { onDelete: "no action", onUpdate: "no action" };
    expect((await tableOf(database, inPublic("parents"))).referencing).toEqual([
      { name: "parents_up on public.parents", columns: ["id"], ...none, onDelete: "set null" },
      { name: "parted_p on public.parted", columns: ["id"], ...none, onDelete: "cascade" },
      { name: "plain_c on public.plain", columns: ["Code"], ...none, onUpdate: "cascade" },
      { name: "plain_p on public.plain", columns: ["id"], ...none },
    ]);
    expect((await tableOf(database, inPublic("plain"))).referencing).toEqual([]);
  });

  test("those that point at a partitioned table are counted once, and those at a partition of it too", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);
        CREATE TABLE of_all (p int REFERENCES parted ON DELETE CASCADE);
        CREATE TABLE of_one (p int REFERENCES parted_1)`,
    });
    const { referencing } = await tableOf(database, inPublic("parted"));
    expect(referencing?.map(({ name, onDelete }) => [name, onDelete])).toEqual([
      ["of_all_p_fkey on public.of_all", "cascade"],
      ["of_one_p_fkey on public.of_one", "no action"],
    ]);
  });
});
