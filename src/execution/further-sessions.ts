import { ACTOR_SETTING } from "../journal/events.ts";
import { openSession, type Session, type SessionOptions, type SessionTarget } from "../postgres/session.ts";
import { sessionName } from "../postgres/session-name.ts";
import { expressionPath } from "./expression-path.ts";

/** Where a run connects, and what ends its statements. */
interface Connecting {
  readonly target: SessionTarget;
  readonly kill: AbortSignal;
  readonly pooler?: "none" | "session";
  /** Recorded as having done what the run does. */
  readonly actor: string;
}

/** The sessions that a run opens beside its own two. */
export interface FurtherSessions {
  /** A session under the run's epoch, found and ended by whoever takes over; the caller closes it. */
  connect(part: string): Promise<Session>;
  /** A session that reads only, on the path on which a plan's words are looked up; the caller closes it. */
  openProbe(): Promise<Session>;
}

/** How all sessions of a run are opened. */
export function connectionOf({
  kill,
  pooler,
  actor,
}: Pick<Connecting, "kill" | "pooler" | "actor">): Omit<SessionOptions, "applicationName"> {
  const settings = { [ACTOR_SETTING]: actor };
  return { signal: kill, failpoints: true, settings, ...(pooler === undefined ? {} : { pooler }) };
}

/** @param schema where a plan's unqualified names live */
export function furtherSessions(options: Connecting, rollout: string, epoch: number, schema: string): FurtherSessions {
  const connection = connectionOf(options);
  return {
    connect: (part) =>
      openSession(options.target, { ...connection, applicationName: sessionName(rollout, epoch, part) }),
    openProbe: () =>
      openSession(options.target, {
        ...connection,
        failpoints: false,
        applicationName: sessionName(rollout, epoch, "probe"),
        settings: { default_transaction_read_only: "on", search_path: expressionPath(schema) },
      }),
  };
}
