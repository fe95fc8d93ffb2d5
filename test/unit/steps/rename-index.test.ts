import { beforeAll, describe, expect, test } from "vitest";
import { renameIndexStep } from "../../../src/steps/rename-index.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { expectReversible, lowered, statementsOf, withSession } from "./execute-drafts.ts";
import { PARTITIONED_EVENTS } from "./partitioned-events.ts";

beforeAll(loadParser);

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("an index is renamed without a lock on its table, of a partitioned one the parent's alone", async () => {
    const database = await testDatabase({
      major,
      script: `${PARTITIONED_EVENTS}; CREATE INDEX "By id" ON events (id);
        CREATE TABLE t (a int); CREATE INDEX t_a ON t (a); COMMENT ON INDEX t_a IS 'x'`,
    });
    await withSession(database, async (session) => {
      for (const [table, from, to] of [
        ["events", "By id", "events_by_id"],
        ["t", "t_a", "T A"],
      ] as const) {
        const { expand = [] } = await lowered(session, renameIndexStep, "expand", { table, from, to });
        const quoted = (name: string) => (/^[a-z_]+$/.test(name) ? name : `"${name}"`);
        expect(statementsOf(expand)).toEqual([[`ALTER INDEX public.${quoted(from)} RENAME TO ${quoted(to)}`]]);
        expect(expand[0]?.kind === "transaction" && expand[0].locks).toEqual([
          { relation: { schema: "public", name: from }, mode: "SHARE UPDATE EXCLUSIVE" },
        ]);
        await expectReversible(session, expand);
      }
    });
  });
});
