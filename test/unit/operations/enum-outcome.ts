import { compile } from "../../../src/compiler/compile.ts";
import { scopeOf } from "../../../src/compiler/scope.ts";
import { SegueError } from "../../../src/model/errors.ts";
import { completeSettings } from "../../../src/plan/merge-settings.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import { testDatabase } from "../../support/postgres.ts";
import { planOf } from "../compiler/compile-plan.ts";
import { withSession } from "../steps/execute-drafts.ts";

const MOOD = "create type mood as enum ('sad', 'ok', 'happy');";

/** The warnings of a plan about an enum `mood`, or what it is refused for: the message, its problems and the way out. */
export async function enumOutcome(major: number, script: string, text: string): Promise<readonly string[]> {
  const database = await testDatabase({ major, script: MOOD + script });
  return withSession(database, async (session) => {
    const plan = planOf(text);
    const catalog = await readCatalog(session, { ...scopeOf(plan, "public"), defaultSchema: "public" });
    try {
      return compile(plan, catalog, completeSettings(plan.settings)).warnings;
    } catch (error) {
      if (!(error instanceof SegueError)) throw error;
      const said = error.problems.filter(({ at }) => at === undefined).map(({ message }) => message);
      return [`${error.code} ${error.message}`, ...said, ...(error.next === undefined ? [] : [error.next])];
    }
  });
}
