import { CHANNEL } from "../journal/events.ts";
import { openNotifications } from "../postgres/notifications.ts";
import { openSession } from "../postgres/session.ts";
import { readStatus, type StatusReport } from "./status.ts";
import { sessionPooler, type Workspace } from "./workspace.ts";

/** How often the journal is read where nothing is announced: LISTEN may not work, and progress is not announced. */
const POLL_MS = 1_000;

/**
 * The status again and again, whenever it changed: at once where LISTEN works, else within a second. Ends when the signal
 * is aborted.
 */
export async function* watchStatus(
  workspace: Workspace,
  plan: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<readonly StatusReport[]> {
  const { target, pooler } = await workspace.database();
  const session = await openSession(target, { applicationName: "segue/watch", ...sessionPooler(pooler) });
  let wake: () => void = () => {};
  const notifications = await openNotifications(target, CHANNEL, {
    applicationName: "segue/watch",
    parse: (payload) => payload,
    onNotification: () => wake(),
  });
  const abort = (): void => wake();
  signal.addEventListener("abort", abort);
  try {
    let last = "";
    while (!signal.aborted) {
      const reports = await readStatus(session, plan);
      const text = JSON.stringify(reports.map(lasting));
      if (text !== last) yield reports;
      last = text;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    signal.removeEventListener("abort", abort);
    await notifications.close();
    await session.close();
  }
}

/** What of a report is news when it changes: not that time goes by. */
function lasting(report: StatusReport): object {
  const filled = report.filled === null ? null : { ...report.filled, lagMs: null };
  return { ...report, filled, lease: report.lease?.owner, throttledSeconds: null };
}
