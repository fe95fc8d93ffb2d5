import { CHANNEL } from "../journal/events.ts";
import type { Session } from "../postgres/session.ts";

/** Calls back whenever something of a rollout is announced; returns the way to stop it. */
export type OnAsked = (listener: () => void) => () => void;

/** Listens, over a session that is in no transaction, to what is announced of a rollout: people may have asked for something. */
export async function announcements(observer: Session, rollout: string): Promise<OnAsked> {
  const listeners = new Set<() => void>();
  await observer.listen(CHANNEL, (payload) => {
    if (payload === rollout) for (const listener of listeners) listener();
  });
  return (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
}
