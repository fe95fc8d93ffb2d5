import { beforeAll, describe, expect, test } from "vitest";
import { setNotNullStep } from "../../../src/steps/set-not-null.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { execute, expectReversible, lowered, statementsOf, withSession } from "./execute-drafts.ts";
import { PARTITIONED_EVENTS } from "./partitioned-events.ts";

beforeAll(loadParser);

const PLAIN = `CREATE TABLE orders (id bigint PRIMARY KEY, "Status" text); INSERT INTO orders VALUES (1, 'new')`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a valid check proves that there are no nulls, and goes again", async () => {
    const database = await testDatabase({ major, script: PLAIN });
    await withSession(database, async (session) => {
      const { cutover = [] } = await lowered(session, setNotNullStep, "contract", {
        table: "orders",
        column: "Status",
      });
      const [check = ""] =
        /"segue_not_null_Status_[0-9a-f]{8}"/.exec(JSON.stringify(statementsOf(cutover)).replaceAll("\\", "")) ?? [];
      expect(statementsOf(cutover)).toEqual([
        [`ALTER TABLE public.orders ADD CONSTRAINT ${check} CHECK ("Status" IS NOT NULL) NOT VALID`],
        [`ALTER TABLE public.orders VALIDATE CONSTRAINT ${check}`],
        [
          'ALTER TABLE public.orders ALTER COLUMN "Status" SET NOT NULL',
          `ALTER TABLE public.orders DROP CONSTRAINT ${check}`,
        ],
      ]);
      await expectReversible(session, cutover);
    });
  });

  test("SET NOT NULL reads no rows, of a table or of a partitioned one", async () => {
    const database = await testDatabase({ major, script: `${PLAIN}; ${PARTITIONED_EVENTS}` });
    await withSession(database, async (session) => {
      const both = [
        { table: "orders", column: "Status" },
        { table: "events", column: "account_id" },
      ];
      for (const fields of both) {
        const { backfill = [] } = await lowered(session, setNotNullStep, "backfill", fields);
        await expectReversible(session, backfill);
        await execute(session, backfill.slice(0, -1));
        const notices: string[] = [];
        await session.query("SET client_min_messages = debug1");
        const stop = session.onNotice(({ message }) => notices.push(message ?? ""));
        await execute(session, backfill.slice(-1));
        stop();
        await session.query("RESET client_min_messages");
        expect(notices.filter((line) => line.startsWith("verifying"))).toEqual([]);
        expect(notices.filter((line) => line.includes("are sufficient to prove")).length).toBeGreaterThan(0);
        await expect(lowered(session, setNotNullStep, "backfill", fields)).rejects.toThrow("is NOT NULL already");
      }
    });
  });

  test("a NULL stops the validation", async () => {
    const database = await testDatabase({ major, script: `${PLAIN}; INSERT INTO orders VALUES (2, NULL)` });
    await withSession(database, async (session) => {
      const { cutover = [] } = await lowered(session, setNotNullStep, "contract", {
        table: "orders",
        column: "Status",
      });
      await expect(execute(session, cutover)).rejects.toMatchObject({ code: "23514" });
    });
  });
});

test.runIf(MAJORS.some((major) => major >= 18))(
  "a NOT NULL constraint that stands NOT VALID is validated, and put back as it was",
  async () => {
    const major = Math.max(...MAJORS);
    const script = `${PLAIN}; ALTER TABLE orders ADD CONSTRAINT has_status NOT NULL "Status" NO INHERIT NOT VALID;
    COMMENT ON CONSTRAINT has_status ON orders IS 'for new rows';
    ${PARTITIONED_EVENTS}; ALTER TABLE events ADD CONSTRAINT has_account NOT NULL account_id NOT VALID`;
    const database = await testDatabase({ major, script });
    await withSession(database, async (session) => {
      const { cutover = [] } = await lowered(session, setNotNullStep, "contract", {
        table: "orders",
        column: "Status",
      });
      expect(statementsOf(cutover)).toEqual([["ALTER TABLE public.orders VALIDATE CONSTRAINT has_status"]]);
      await expectReversible(session, cutover);
      const partitioned = await lowered(session, setNotNullStep, "contract", { table: "events", column: "account_id" });
      await expectReversible(session, partitioned.cutover ?? []);
    });
  },
);
