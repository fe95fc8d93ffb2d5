import { beforeAll, describe, expect, test } from "vitest";
import { renameConstraintStep } from "../../../src/steps/rename-constraint.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { expectReversible, lowered, statementsOf, withSession } from "./execute-drafts.ts";

beforeAll(loadParser);

const SCHEMA = `
  CREATE TABLE users (id bigint CONSTRAINT "The key" PRIMARY KEY, n int CONSTRAINT n_positive CHECK (n > 0), UNIQUE (n));
  CREATE TABLE visits (id bigint, region int, who bigint, CONSTRAINT visits_who FOREIGN KEY (who) REFERENCES users,
    CONSTRAINT visits_once UNIQUE (id, region), CONSTRAINT near CHECK (region < 9)) PARTITION BY LIST (region);
  CREATE TABLE visits_0 PARTITION OF visits FOR VALUES IN (0);
  CREATE TABLE vips (rank int) INHERITS (users);
  CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test.each([
    ["users", "The key"],
    ["users", "n_positive"],
    ["users", "users_n_key"],
    ["visits", "visits_who"],
    ["visits", "visits_once"],
    ["visits", "near"],
  ])("%s: %s is renamed, with what bears its name, and back", async (table, from) => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const { expand = [] } = await lowered(session, renameConstraintStep, "expand", { table, from, to: "New name" });
      const quoted = from === "The key" ? `"${from}"` : from;
      expect(statementsOf(expand)).toEqual([[`ALTER TABLE public.${table} RENAME CONSTRAINT ${quoted} TO "New name"`]]);
      await expectReversible(session, expand);
    });
  });

  test("the warning tells who sees the name", async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const warnings = async (from: string) =>
        (await lowered(session, renameConstraintStep, "expand", { table: "users", from, to: "b" })).warnings;
      expect(await warnings("n_positive")).toEqual([
        "constraint n_positive of public.users is called b from then on, for every version: in errors",
      ]);
      expect((await warnings("users_n_key"))?.[0]).toContain(
        "ON CONFLICT ON CONSTRAINT, which fails with the old name",
      );
    });
  });

  test("what can't be renamed by itself is refused", async () => {
    const database = await testDatabase({ major, script: SCHEMA });
    await withSession(database, async (session) => {
      const refusal = (table: string, from: string): Promise<string> =>
        lowered(session, renameConstraintStep, "expand", { table, from, to: "b" }).then(
          () => "taken",
          (error: Error) => error.message,
        );
      expect(await refusal("vips", "n_positive")).toContain("is inherited: rename it on the table that it comes from");
      expect(await refusal("users", "checked")).toContain("is a constraint trigger");
    });
  });
});

test("18: NOT NULL goes by one name below, or is refused", async () => {
  const database = await testDatabase({
    major: 18,
    script: `
      CREATE TABLE visits (id bigint CONSTRAINT has_id NOT NULL, region int) PARTITION BY LIST (region);
      CREATE TABLE visits_0 PARTITION OF visits FOR VALUES IN (0);
      CREATE TABLE calls (id bigint CONSTRAINT has_id NOT NULL, region int) PARTITION BY LIST (region);
      CREATE TABLE calls_0 (id bigint CONSTRAINT own_name NOT NULL, region int);
      ALTER TABLE calls ATTACH PARTITION calls_0 FOR VALUES IN (0)`,
  });
  await withSession(database, async (session) => {
    const of = (table: string) => lowered(session, renameConstraintStep, "expand", { table, from: "has_id", to: "b" });
    await expectReversible(session, (await of("visits")).expand ?? []);
    await expect(of("calls")).rejects.toThrow("has another name on a partition");
  });
});
