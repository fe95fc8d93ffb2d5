import { type Fact, factKey, type Question } from "../model/catalog.ts";
import { loadParser } from "../sql/parser.ts";
import { alterFact } from "./alter-fact.ts";
import type { Session } from "./session.ts";
import { createEnumFact, enumFact } from "./enum-fact.ts";
import { enumUseFact } from "./enum-use-fact.ts";
import { namesFact } from "./names-fact.ts";
import { sqlstateOf } from "./sqlstate.ts";
import { transactionOpen } from "./transaction-open.ts";
import { typeFact } from "./type-fact.ts";

/**
 * Asks the server itself what plans can't know: on temporary copies without rows, in a transaction or a savepoint
 * that is rolled back. Takes nothing but ACCESS SHARE on a table asked about. What the server refuses is an answer too.
 */
export async function answerQuestions(
  session: Session,
  questions: readonly Question[],
  /** Where unqualified types live. */
  { schema = "public" }: { schema?: string } = {},
): Promise<Record<string, Fact>> {
  if (questions.length === 0) return {};
  await loadParser();
  const answers = async (): Promise<Record<string, Fact>> => {
    const facts: Record<string, Fact> = {};
    // What a question creates for those after it goes with the last of them.
    await session.script("SAVEPOINT segue_questions");
    try {
      for (const question of questions)
        facts[factKey(question)] ??= await asked(session, question, () => answer(session, question, schema));
    } finally {
      if (!session.closed)
        await session.script("ROLLBACK TO SAVEPOINT segue_questions; RELEASE SAVEPOINT segue_questions");
    }
    return facts;
  };
  return (await transactionOpen(session)) ? answers() : session.transaction(answers);
}

async function answer(session: Session, question: Question, schema: string): Promise<Fact> {
  switch (question.ask) {
    case "alter":
      return alterFact(session, question.table, question.action);
    case "type":
      return typeFact(session, question.type, schema);
    case "enum":
      return enumFact(session, question.type);
    case "enum use":
      return enumUseFact(session, question.type);
    case "create enum":
      return createEnumFact(session, question.type, question.values);
    case "names":
      return namesFact(session, question);
    default:
      return question satisfies never;
  }
}

/** An error is an answer; whatever the question did is rolled back, unless it is there for later ones. */
async function asked(session: Session, question: Question, work: () => Promise<Fact>): Promise<Fact> {
  await session.query("SAVEPOINT segue_question");
  let kept = false;
  try {
    const fact = await work();
    kept = question.ask === "create enum";
    return fact;
  } catch (error) {
    const sqlstate = sqlstateOf(error);
    if (sqlstate === undefined || session.closed) throw error;
    return { error: error instanceof Error ? error.message : String(error), sqlstate };
  } finally {
    // Takes back the copy, its lock on the table, and the settings.
    const back = kept ? "" : "ROLLBACK TO SAVEPOINT segue_question; ";
    if (!session.closed) await session.script(`${back}RELEASE SAVEPOINT segue_question`);
  }
}
