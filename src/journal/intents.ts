import type { Session } from "../postgres/session.ts";
import { CHANNEL } from "./events.ts";

export type IntentKind = "pause" | "cancel" | "throttle";

export interface Intents {
  readonly pause: boolean;
  readonly cancel: boolean;
  readonly throttle?: Throttle;
}

/** How much a fill sleeps, as somebody asked for it. */
export interface Throttle {
  /** Time slept per time worked; over 0. */
  readonly ratio: number;
  readonly actor: string;
  /** null: until it is taken back. */
  readonly until: Date | null;
}

/** What somebody asks for, and since when. */
export interface Intent {
  readonly kind: IntentKind;
  readonly actor: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  /** By the database's clock; null: until it is taken back. */
  readonly expiresAt: Date | null;
}

/** What an intent says beyond its kind. */
interface IntentTerms {
  readonly detail?: Readonly<Record<string, unknown>>;
  /** Milliseconds after which it does not hold any longer, by the database's clock; null: never. */
  readonly ttl?: number | null;
}

/**
 * Asks whoever runs the rollout for something; obeyed at the next batch boundary, and by later runners too.
 *
 * @returns when it ends by itself, or null
 */
export async function setIntent(
  session: Session,
  rollout: string,
  kind: IntentKind,
  actor: string,
  { detail = {}, ttl = null }: IntentTerms = {},
): Promise<Date | null> {
  const { rows } = await session.query<{ expires_at: Date | null }>(
    `WITH intent AS (
       INSERT INTO segue.intent (rollout, kind, actor, detail, expires_at)
       VALUES ($1, $2, $3, $5, clock_timestamp() + $6::float8 * interval '1 millisecond')
       ON CONFLICT (rollout, kind) DO UPDATE
         SET actor = excluded.actor, detail = excluded.detail, created_at = clock_timestamp(), expires_at = excluded.expires_at
       RETURNING expires_at
     ) SELECT expires_at, pg_notify('${CHANNEL}', $4) FROM intent`,
    [rollout, kind, actor, rollout, JSON.stringify(detail), ttl],
  );
  return rows[0]?.expires_at ?? null;
}

/** Takes an intent back; true if it still held. */
export async function clearIntent(session: Session, rollout: string, kind: IntentKind): Promise<boolean> {
  const { rows } = await session.query<{ held: boolean }>(
    `WITH gone AS (DELETE FROM segue.intent WHERE rollout = $1 AND kind = $2 RETURNING ${HOLDS} AS held)
     SELECT coalesce((SELECT held FROM gone), false) AS held, pg_notify('${CHANNEL}', $3)`,
    [rollout, kind, rollout],
  );
  return rows[0]?.held === true;
}

/** What people currently ask of a rollout, and who. */
export async function readIntents(session: Session, rollout: string): Promise<readonly Intent[]> {
  const { rows } = await session.query<Intent>(
    `SELECT kind, actor, detail, created_at AS "createdAt", expires_at AS "expiresAt"
       FROM segue.intent WHERE rollout = $1 AND ${HOLDS}`,
    [rollout],
  );
  return rows;
}

/** The same, as a runner obeys it. */
export async function intentsOf(session: Session, rollout: string): Promise<Intents> {
  const intents = await readIntents(session, rollout);
  const throttle = throttleOf(intents);
  return {
    pause: intents.some(({ kind }) => kind === "pause"),
    cancel: intents.some(({ kind }) => kind === "cancel"),
    ...(throttle === null ? {} : { throttle }),
  };
}

/** The throttle among intents; null if nobody asks for one. */
export function throttleOf(intents: readonly Intent[]): Throttle | null {
  const intent = intents.find(({ kind }) => kind === "throttle");
  const ratio = Number(intent?.detail["ratio"] ?? 0);
  return intent === undefined || !(ratio > 0) ? null : { ratio, actor: intent.actor, until: intent.expiresAt };
}

const HOLDS = "(expires_at IS NULL OR expires_at > clock_timestamp())";

/**
 * A cancellation is obeyed once: left standing, it would end the next run too. Not by a runner that was taken over, which
 * would take it from its successor.
 *
 * @throws an error with SQLSTATE SG001 if another runner has taken over
 */
export async function takeCancel(session: Session, rollout: string, epoch: number): Promise<void> {
  await session.query(
    `WITH ours AS MATERIALIZED (SELECT segue.fence($1, $2))
     DELETE FROM segue.intent WHERE rollout = $1 AND kind = 'cancel' AND EXISTS (SELECT FROM ours)`,
    [rollout, epoch],
  );
}
