import pgListen from "pg-listen";
import type { SessionTarget } from "./connect.ts";
import type { Session } from "./session.ts";
import { nextDelay } from "./retry.ts";

export interface ListenOptions<Payload> {
  readonly applicationName: string;
  /** Any role may notify on a channel: what this does not recognise (null) is dropped. Gets parsed JSON. */
  readonly parse: (payload: unknown) => Payload | null;
  readonly onNotification: (payload: Payload) => void;
  /** Called each time listening begins, again after a loss: what was sent meanwhile is lost, so look at the tables. */
  readonly onListening?: () => void;
}

/** A listener that comes back by itself. Where LISTEN can't work it never listens: a caller polls as well. */
export interface Notifications {
  readonly listening: boolean;
  close(): Promise<void>;
}

/**
 * Listens on a channel over a connection of its own. Returns after the first attempt, whether it listens or not; never
 * throws: a notification only saves a poll.
 */
export async function openNotifications<Payload>(
  target: SessionTarget,
  channel: string,
  options: ListenOptions<Payload>,
): Promise<Notifications> {
  const listener = new Listener(
    target,
    channel,
    options.applicationName,
    (text) => {
      const payload = parseJson(text);
      const notification = payload === undefined ? null : options.parse(payload);
      if (notification !== null) options.onNotification(notification);
    },
    options.onListening,
  );
  await listener.start();
  return listener;
}

/**
 * Sends a payload, at the commit if in a transaction. A commit that notifies takes a lock of the whole database for an
 * instant: for announcements, not for every batch.
 *
 * @throws DatabaseError for a channel over 63 bytes or a payload over 8000
 */
export async function notify(session: Session, channel: string, payload: unknown): Promise<void> {
  await session.query("SELECT pg_notify($1, $2)", [channel, JSON.stringify(payload)]);
}

type Subscriber = ReturnType<typeof pgListen.default>;

/**
 * One pg-listen subscriber at a time. Its own reconnecting is turned off (retryLimit 1), since close() does not end it;
 * a subscriber that fails is replaced after a pause.
 */
class Listener implements Notifications {
  listening = false;
  readonly #target: SessionTarget;
  readonly #channel: string;
  readonly #applicationName: string;
  readonly #receive: (text: string) => void;
  readonly #onListening: (() => void) | undefined;
  #subscriber: Subscriber | null = null;
  #pause: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor(
    target: SessionTarget,
    channel: string,
    applicationName: string,
    receive: (text: string) => void,
    onListening: (() => void) | undefined,
  ) {
    this.#target = target;
    this.#channel = channel;
    this.#applicationName = applicationName;
    this.#receive = receive;
    this.#onListening = onListening;
  }

  async start(): Promise<void> {
    const { ssl, ...rest } = this.#target;
    const config = {
      ...rest,
      ...(ssl === undefined ? {} : { ssl: typeof ssl === "object" ? { ...ssl } : ssl }),
      application_name: this.#applicationName,
      connectionTimeoutMillis: 10_000,
    };
    const subscriber = pgListen.default(config, { retryLimit: 1, parse: (text: string) => text });
    this.#subscriber = subscriber;
    subscriber.events.on("error", () => this.#replace(subscriber));
    subscriber.notifications.on(this.#channel, this.#receive);
    try {
      await subscriber.connect();
      await subscriber.listenTo(this.#channel);
      if (this.#closed || this.#subscriber !== subscriber) return;
      this.listening = true;
      this.#failures = 0;
      this.#onListening?.();
    } catch {
      this.#replace(subscriber);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.listening = false;
    clearTimeout(this.#pause);
    const subscriber = this.#subscriber;
    this.#subscriber = null;
    await subscriber?.close().catch(() => {});
  }

  #replace(subscriber: Subscriber): void {
    if (this.#subscriber !== subscriber) return;
    this.#subscriber = null;
    this.listening = false;
    void subscriber.close().catch(() => {});
    if (this.#closed) return;
    this.#failures += 1;
    this.#pause = setTimeout(() => void this.start(), nextDelay(this.#failures, "connection")).unref();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
