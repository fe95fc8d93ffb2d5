import type { BlockerInfo } from "../model/events.ts";

/** A blocker as events and the history show it. */
export function blockerInfo(blocker: {
  readonly pid: number;
  readonly user: string | null;
  readonly application: string | null;
  readonly state: string | null;
  readonly transactionAge: number | null;
  readonly query: string | null;
}): BlockerInfo {
  const { pid, user, application, state, transactionAge, query } = blocker;
  return {
    pid,
    user,
    application,
    state,
    transactionAge: transactionAge === null ? null : transactionAge / 1000,
    query,
  };
}
