import type { Session } from "../../postgres/session.ts";
import { GO, type SessionSignal, unreadable, type Verdict } from "./signal.ts";
import type { Reading } from "./read-catalog-signals.ts";

/**
 * Reads signals that take their time, over a session of their own: neither heartbeats nor batches wait for them, and what a
 * query takes is measured beside the batches, not between them.
 */
export class SessionSignals {
  readonly #signals: readonly SessionSignal[];
  readonly #open: () => Promise<Session>;
  readonly #readings = new Map<string, Reading>();
  #session: Session | null = null;
  #reading: Promise<void> | null = null;
  #current: { readonly name: string; readonly since: number } | null = null;
  #closed = false;

  constructor(signals: readonly SessionSignal[], open: () => Promise<Session>) {
    this.#signals = signals;
    this.#open = open;
  }

  /** Begins a round of readings, unless one is under way; returns once every signal has been read at all. */
  async refresh(): Promise<void> {
    if (this.#signals.length === 0 || this.#closed) return;
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    if (this.#readings.size < this.#signals.length) await this.#reading;
  }

  /** @param isStanding whether a signal has stopped the fill */
  verdicts(isStanding: (name: string) => boolean): readonly (readonly [string, Verdict])[] {
    const now = performance.now();
    return this.#signals.map((signal) => {
      const { name } = signal;
      const current = this.#current;
      const overdue = current?.name === name ? signal.overdue(now - current.since, isStanding(name)) : null;
      return [name, overdue ?? this.#judged(signal, isStanding(name))];
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#session?.close();
    await this.#reading;
  }

  #judged(signal: SessionSignal, standing: boolean): Verdict {
    const reading = this.#readings.get(signal.name);
    if (reading === undefined) return GO;
    return "error" in reading ? unreadable(signal.name, reading.error.message) : signal.judge(reading.value, standing);
  }

  /** Never rejects: what can't be read is a reading, too. */
  async #read(): Promise<void> {
    for (const signal of this.#signals) {
      const { name } = signal;
      if (this.#closed) return;
      this.#current = { name, since: performance.now() };
      try {
        this.#readings.set(name, { value: await signal.read(await this.#connected()) });
      } catch (error) {
        this.#readings.set(name, { error: error instanceof Error ? error : new Error(String(error)) });
      }
      this.#current = null;
    }
  }

  async #connected(): Promise<Session> {
    if (this.#session === null || this.#session.closed) {
      this.#session = await this.#open();
      if (this.#closed) await this.#session.close();
    }
    return this.#session;
  }
}
