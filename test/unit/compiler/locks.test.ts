import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import { STEPS, VOCABULARY } from "../../../src/compiler/registry.ts";
import { explain } from "../../../src/compiler/explain.ts";
import { scopeOf } from "../../../src/compiler/scope.ts";
import { createSegue } from "../../../src/index.ts";
import { LOCK_MODES } from "../../../src/model/lock.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { Program } from "../../../src/model/program.ts";
import { type Step, type TransactionStep, type UndoStep } from "../../../src/model/step.ts";
import { completeSettings } from "../../../src/plan/merge-settings.ts";
import { readPlans } from "../../../src/plan/read-plans.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, type TestDatabase, testDatabase } from "../../support/postgres.ts";
import { SHOP } from "../../support/shop.ts";
import { planOf } from "./compile-plan.ts";
import { executeWithFills, withSession } from "../steps/execute-drafts.ts";

const plans = fileURLToPath(new URL("../../../plans", import.meta.url));

/** What no example plan has: a change of type that rewrites nothing. */
const WIDEN = [
  "operations:\n  - add_column: { table: customers, column: note, type: varchar(5) }",
  "operations:\n  - change_type: { table: customers, column: note, type: varchar(40) }",
];

beforeAll(loadParser);

type TransactionBody = Pick<TransactionStep, "title" | "locks">;

/** What reads rows in a step's transaction, while the step holds a lock that stops writers. */
async function expectNoScanBehindStrongLocks(session: Session, { title, locks }: TransactionBody) {
  const strong = locks.filter(({ mode }) => LOCK_MODES.indexOf(mode) > LOCK_MODES.indexOf("SHARE UPDATE EXCLUSIVE"));
  if (strong.length === 0) return;
  const { rows } = await session.query<{ scan: string }>(
    "SELECT relname || ': ' || seq_tup_read AS scan FROM pg_stat_xact_user_tables WHERE schemaname = 'public' AND seq_tup_read > 0",
  );
  expect(rows, title).toEqual([]);
}

/** Each step in a session of its own: what a session has read before shows in its numbers. */
async function run(shop: TestDatabase, steps: readonly (Step | UndoStep)[]): Promise<void> {
  for (const step of steps) {
    await withSession(shop, async (session) => {
      // Batches of rows, whose tables stay as they are.
      if (step.kind === "rows") return;
      await executeWithFills(session, [step], (one) => expectNoScanBehindStrongLocks(session, one));
    });
  }
}

const takeBack = async (shop: TestDatabase, steps: readonly Step[]): Promise<void> => {
  for (const step of steps.toReversed()) await run(shop, step.undo);
};

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test(
    "every step of the example plans locks what it says, from the table down, and scans behind no strong lock",
    { timeout: 600_000 },
    async () => {
      const shop = await testDatabase({ major, script: SHOP });
      await createSegue({ url: shop.url, plans, cwd: plans, env: {} }).init();
      const seen = new Set<string>();
      await withSession(shop, async (session) => {
        const programOf = async (plan: Plan): Promise<Program> => {
          const catalog = await readCatalog(session, { ...scopeOf(plan, "public"), defaultSchema: "public" });
          const { phases } = planOf(explain(plan, catalog, completeSettings(plan.settings)), plan.id);
          for (const { kind } of Object.values(phases).flat()) seen.add(kind);
          return compile(plan, catalog, completeSettings(plan.settings));
        };
        for (const plan of [...(await readPlans(plans, VOCABULARY)), ...WIDEN.map((text) => planOf(text))]) {
          const { expand, backfill, cutover, drop } = await programOf(plan);
          await run(shop, expand);
          await takeBack(shop, expand);
          await run(shop, [...expand, ...backfill, ...cutover]);
          await takeBack(shop, cutover);
          await run(shop, [...cutover, ...drop]);
        }
      });
      expect([...seen].toSorted()).toEqual(Object.keys(STEPS).toSorted());
    },
  );
});
