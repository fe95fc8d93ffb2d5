import { SegueError } from "../../model/errors.ts";
import { sleep } from "../../postgres/sleep.ts";
import type { FillContext, Intents } from "../context.ts";
import { time } from "./amounts.ts";
import { judged } from "./judged.ts";
import { readCatalogSignals, type Readings, readRights } from "./read-catalog-signals.ts";
import { SessionSignals } from "./session-signals.ts";
import { type CatalogSignal, type Rights, type Signal, type Verdict } from "./signal.ts";
import { lagIn } from "./replica-lag.ts";
import { GOING, nextStand, type Stand, stoppedFor, type Wanted } from "./stand.ts";
import { judgeWaiting, waitersOn } from "./waiting-sessions.ts";
import { worst } from "./worst.ts";

const POLL_MS = 500;
const LOOK_EVERY_MS = 250;
/** For how long batches stay small after a signal was above its `slow`, and sessions seen waiting count. */
const BUSY_FOR_MS = 5_000;

/**
 * Holds the batches of one fill: obeys the interrupt, what people ask for and the signals. All workers of a process share
 * one, so that the signals and the intents are read once for all of them: every half second, and at once when an
 * intent is announced.
 */
export class Brake {
  readonly #context: FillContext;
  readonly #catalog: readonly CatalogSignal[];
  readonly #session: SessionSignals;
  readonly #pids = new Set<number>();
  readonly #standing = new Set<string>();
  readonly #unsubscribe: () => void;
  #waiting: { readonly count: number; readonly at: number } | null = null;
  #rights: Rights | null = null;
  #lag: number | null = null;
  #intents: Intents = { pause: false, cancel: false };
  #stand: Stand = GOING;
  #polled = Number.NEGATIVE_INFINITY;
  #looked = Number.NEGATIVE_INFINITY;
  #busyUntil = Number.NEGATIVE_INFINITY;
  #polling: Promise<void> | null = null;
  #announced = false;
  #wake = new AbortController();

  /** @param signals those that are read; none for a verification, which obeys people alone */
  constructor(context: FillContext, signals: readonly Signal[]) {
    this.#context = context;
    this.#catalog = signals.filter((signal) => signal.source === "catalog");
    this.#session = new SessionSignals(
      signals.filter((signal) => signal.source === "session"),
      () => context.openProbe(),
    );
    this.#unsubscribe = context.onAsked(() => this.#announce());
  }

  /** Names a session of ours: others that wait for it count, and it does not. */
  add(pid: number): void {
    this.#pids.add(pid);
  }

  /** Its session has ended: the server may give its number to a client's. */
  remove(pid: number): void {
    this.#pids.delete(pid);
  }

  /** Milliseconds for which the worst replica was behind at the last reading; null where that is not watched. */
  get lag(): number | null {
    return this.#lag;
  }

  /** True while batches have to be small. */
  get busy(): boolean {
    return performance.now() < this.#busyUntil;
  }

  /** Time to sleep per time worked. */
  get ratio(): number {
    const asked = this.#intents.throttle?.ratio ?? 0;
    return this.busy ? Math.max(asked, this.#context.settings.throttle.slow_ratio) : asked;
  }

  /**
   * Returns when a batch may start.
   *
   * @param signal of the session that asks: it may be ended before the others
   * @throws SegueError SEG0309 if the signal is aborted, SEG0308 if the rollout is cancelled
   */
  async pass(signal: AbortSignal): Promise<void> {
    for (;;) {
      this.#obey(signal);
      while (this.#announced || performance.now() - this.#polled >= POLL_MS) await this.#poll();
      this.#obeyCancel();
      if (this.#stand.stand === "going" || this.#stand.stand === "slow") return;
      await this.nap(this.#polled + POLL_MS - performance.now());
    }
  }

  /** Sleeps, until something is announced or the signal aborted. */
  async nap(ms: number): Promise<void> {
    if (this.#announced) return;
    const ended = AbortSignal.any([this.#context.signal, this.#wake.signal]);
    await sleep(Math.max(1, ms), ended).catch(() => {});
  }

  /** True if it is time for a look at who waits for a batch; then the caller takes it. */
  takeLook(): boolean {
    const now = performance.now();
    if (now - this.#looked < LOOK_EVERY_MS) return false;
    this.#looked = now;
    return true;
  }

  /** Looks at who waits for a batch, while one runs. */
  async look(): Promise<void> {
    const count = await waitersOn(this.#context.observer, [...this.#pids]);
    const now = performance.now();
    if (count === 0) return;
    if (this.#recentlyWaiting(now) <= count) this.#waiting = { count, at: now };
    const verdict = this.#judgeWaiting(now);
    if (verdict?.level === "slow") this.#busyUntil = now + BUSY_FOR_MS;
    if (verdict?.level === "stop") this.#announced = true;
  }

  /** Ends the signals' own session. A stop that lasts until now is told, since nobody watches it any longer. */
  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#session.close();
    if (this.#stand.stand === "going") return;
    this.#context.emit({ type: "released", throttledMs: stoppedFor(this.#stand, performance.now()) });
    this.#stand = GOING;
  }

  #announce(): void {
    this.#announced = true;
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  #poll(): Promise<void> {
    this.#polling ??= this.#ask().finally(() => (this.#polling = null));
    return this.#polling;
  }

  async #ask(): Promise<void> {
    this.#announced = false;
    this.#intents = await this.#context.intents();
    const verdicts = this.#intents.pause || this.#intents.cancel ? [] : await this.#readSignals();
    const now = performance.now();
    this.#polled = now;
    const { stand, event } = nextStand(this.#stand, this.#wanted(verdicts, now), now);
    this.#stand = stand;
    if (event !== null) this.#context.emit(event);
  }

  #wanted(verdicts: readonly Verdict[], now: number): Wanted {
    if (this.#intents.pause) return { want: "paused" };
    const { level, subjects, reason } = worst(verdicts);
    if (level !== "go") this.#busyUntil = now + BUSY_FOR_MS;
    if (level === "stop") return { want: "stopped", subjects, reason, asked: null };
    const { throttle } = this.#intents;
    const asked = throttle === undefined ? null : ratioReason(throttle);
    if (asked === null && level === "go") return { want: "going" };
    const reasons = [asked, level === "slow" ? reason : null].filter((one) => one !== null);
    return { want: "slow", subjects, reason: reasons.join("; "), asked };
  }

  async #readSignals(): Promise<readonly Verdict[]> {
    const isStanding = (name: string): boolean => this.#standing.has(name);
    const reading = this.#session.refresh();
    const catalog = await this.#readCatalog();
    await reading;
    const waiting = this.#judgeWaiting(performance.now());
    const named = [
      ...this.#catalog.map((signal) => [signal.name, judged(signal, catalog, isStanding(signal.name))] as const),
      ...this.#session.verdicts(isStanding),
      ...(waiting === null ? [] : [[WAITING, waiting] as const]),
    ];
    for (const [name, verdict] of named) {
      if (verdict.level === "stop") this.#standing.add(name);
      else this.#standing.delete(name);
    }
    return named.map(([, verdict]) => verdict);
  }

  async #readCatalog(): Promise<Readings | null> {
    if (this.#catalog.length === 0) return null;
    const { observer } = this.#context;
    this.#rights ??= await readRights(observer);
    const readings = await readCatalogSignals(observer, this.#catalog, this.#rights);
    this.#rights = readings.rights;
    this.#lag = lagIn(readings);
    return readings;
  }

  #judgeWaiting(now: number): Verdict | null {
    const thresholds = this.#context.settings.throttle.waiting_sessions;
    return thresholds === null
      ? null
      : judgeWaiting(this.#recentlyWaiting(now), thresholds, this.#standing.has(WAITING));
  }

  /** Once the fill stands nobody waits for it: what was seen holds for a while. */
  #recentlyWaiting(now: number): number {
    return this.#waiting === null || now - this.#waiting.at > BUSY_FOR_MS ? 0 : this.#waiting.count;
  }

  #obeyCancel(): void {
    if (!this.#intents.cancel) return;
    const { plan } = this.#context;
    throw new SegueError("SEG0308", {
      message: `${plan} was cancelled on request`,
      object: plan,
      left: "The rows filled so far stay filled; the cursor is saved.",
      next: `segue resume ${plan} goes on; segue reverse ${plan} takes it back`,
    });
  }

  #obey(signal: AbortSignal): void {
    const { plan } = this.#context;
    if (!signal.aborted) return;
    throw new SegueError("SEG0309", {
      message: `${plan} was interrupted at the end of a batch`,
      object: plan,
      left: "The rows filled so far stay filled; the cursor is saved.",
      next: `segue resume ${plan}`,
      cause: signal.reason,
    });
  }
}

/** Runs `work`, and closes the brake. */
export async function withBrake<T>(brake: Brake, work: (brake: Brake) => Promise<T>): Promise<T> {
  try {
    return await work(brake);
  } finally {
    await brake.close();
  }
}

const WAITING = "waiting_sessions";

function ratioReason({ ratio, actor, until }: NonNullable<Intents["throttle"]>): string {
  const end = until === null ? "" : ` until ${until.toISOString()}`;
  return `${actor} asked for ${time(ratio * 1_000)} of sleep per second of work${end}`;
}
