import { ApplicationClient } from "../index.ts";
import { applicationName, type Version } from "./application-version.ts";
import type { Latencies } from "./latencies.ts";
import { type Shop, type Statements, visit } from "./shop-actions.ts";
import { pause } from "./pause.ts";

/** What a client needs, and whom it tells. */
export interface TrafficClientOptions {
  readonly url: string;
  readonly version: Version;
  /** Milliseconds from one visit to the next. */
  readonly interval: number;
  readonly shop: Shop;
  readonly latencies: Latencies;
  /** Told of every query that failed. */
  readonly failed: (what: string) => void;
}

/** One connection of the application, which visits the shop at a fixed rate until it is stopped. */
export class TrafficClient {
  readonly version: Version;
  readonly #options: TrafficClientOptions;
  readonly #connection: ApplicationClient;
  readonly #running: Promise<void>;
  #stopping = false;
  /** When the next query should have been sent, if the one before it was still under way then. */
  #overdue: number | null = null;

  private constructor(connection: ApplicationClient, options: TrafficClientOptions) {
    this.version = options.version;
    this.#connection = connection;
    this.#options = options;
    this.#running = this.#run();
  }

  static async start(options: TrafficClientOptions): Promise<TrafficClient> {
    return new TrafficClient(await ApplicationClient.connect(options.url, applicationName(options.version)), options);
  }

  get stalePlans(): number {
    return this.#connection.stalePlans;
  }

  /** Ends the visit that is under way, and disconnects. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await this.#connection.close();
  }

  async #run(): Promise<void> {
    const { shop, version, interval, failed } = this.#options;
    const send: Statements = {
      simple: (sql) => this.#measured(() => this.#connection.simple(sql)),
      prepared: (name, text, values) => this.#measured(() => this.#connection.prepared(name, text, values)),
    };
    let due = performance.now() + Math.random() * interval;
    while (!this.#stopping) {
      const early = due - performance.now();
      this.#overdue = early < 0 ? due : null;
      if (early > 0) await pause(early);
      try {
        await visit({ shop, version, send });
      } catch (error) {
        failed(`${applicationName(version)}: ${error instanceof Error ? error.message : String(error)}`);
      }
      due += interval * (0.5 + Math.random());
    }
  }

  /**
   * A query that could not even be sent in time, because the one before it was held up, has waited since then: or one
   * long wait would hide all those that it caused.
   */
  async #measured<T>(query: () => Promise<T>): Promise<T> {
    const since = this.#overdue ?? performance.now();
    this.#overdue = null;
    try {
      return await query();
    } finally {
      this.#options.latencies.record(performance.now() - since);
    }
  }
}
