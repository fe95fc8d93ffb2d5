import type { Verification } from "../model/step.ts";
import type { Session } from "../postgres/session.ts";
import type { FillContext } from "./context.ts";
import { isUnavailable } from "./failure.ts";
import { applySettings, readSettings, withSettings } from "./fill-settings.ts";
import { Pacing } from "./pacing.ts";
import { Brake, withBrake } from "./throttle/brake.ts";
import { Worker } from "./worker.ts";

/** Milliseconds. Longer than a batch: nobody waits for a reader, but its snapshot holds pruning off. */
const STATEMENT_TIME = 200;
/** Milliseconds: a statement of a predicate that is dear for some row, but not a hang. */
const STATEMENT_TIMEOUT = 5_000;
const LOCK_TIMEOUT = 1_000;

export type Readers = readonly [Worker, ...Worker[]];

/** Runs `work` with as many workers as a fill may have, or as many as there are sessions for, each with a session that reads only, and evaluates as the sync of the table does. */
export async function withReaders<T>(
  context: FillContext,
  { table }: Verification,
  work: (workers: Readers) => Promise<T>,
): Promise<T> {
  const settings = { ...context.settings, batch_time: STATEMENT_TIME, batch_time_busy: STATEMENT_TIME };
  const reading: FillContext = { ...context, settings };
  // Signals are about what a fill writes: a verification obeys people alone.
  return await withBrake(new Brake(reading, []), (brake) =>
    withSessions(reading, { ...readSettings(table, LOCK_TIMEOUT), default_transaction_read_only: "on" }, brake, work),
  );
}

async function withSessions<T>(
  context: FillContext,
  settings: Readonly<Record<string, string>>,
  brake: Brake,
  work: (workers: Readers) => Promise<T>,
): Promise<T> {
  const sessions: Session[] = [];
  try {
    while (sessions.length < context.settings.workers - 1) {
      const session = await furtherSession(context);
      // The others do it as well.
      if (session === null) break;
      sessions.push(session);
    }
    const workerOf = async (session: Session): Promise<Worker> => {
      const own = { ...context, session };
      const worker = new Worker(own, { id: "" }, new Pacing(own, brake), STATEMENT_TIMEOUT);
      await worker.calibrate("SELECT 1");
      return worker;
    };
    return await withSettings(context.session, settings, async () => {
      const workers: [Worker, ...Worker[]] = [await workerOf(context.session)];
      for (const session of sessions) {
        await applySettings(session, settings);
        workers.push(await workerOf(session));
      }
      return await work(workers);
    });
  } finally {
    for (const session of sessions) await session.close();
  }
}

async function furtherSession(context: FillContext): Promise<Session | null> {
  try {
    return await context.connect("verify");
  } catch (error) {
    if (isUnavailable(error)) return null;
    throw error;
  }
}
