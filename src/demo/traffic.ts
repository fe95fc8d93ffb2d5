import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Version } from "./application-version.ts";
import type { Period } from "./latencies.ts";
import type {
  TrafficAnswer,
  TrafficCounts,
  TrafficOptions,
  TrafficReport,
  TrafficRequest,
} from "./traffic-protocol.ts";

/** The application's clients, in a thread of their own. One request at a time. */
export class Traffic {
  readonly #worker: Worker;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: TrafficOptions) {
    this.#worker = new Worker(new URL("./traffic-worker.js", import.meta.url), { workerData: options });
  }

  /** Connects all clients as one version, and lets them visit. */
  static async start(options: TrafficOptions, version: Version): Promise<Traffic> {
    const traffic = new Traffic(options);
    await traffic.#ask({ ask: "start", version });
    return traffic;
  }

  /** Replaces clients by ones of another version, one after the other, until there are so many of it. */
  async deploy(version: Version, connections: number): Promise<void> {
    await this.#ask({ ask: "deploy", version, connections });
  }

  /** From here on times are counted for this period. */
  async measure(period: Period): Promise<void> {
    await this.#ask({ ask: "period", period });
  }

  async counts(): Promise<TrafficCounts> {
    return (await this.#ask({ ask: "counts" })).counts;
  }

  /** Ends the visits. What the clients remember stays. */
  async stop(): Promise<TrafficReport> {
    return await this.#ask({ ask: "stop" });
  }

  /** Compares every row, as a version reads it, with what the clients remember. */
  async check(version: Version): Promise<TrafficReport> {
    return await this.#ask({ ask: "check", version });
  }

  /** Ends the thread, whatever it does. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  async #ask(request: TrafficRequest): Promise<TrafficReport> {
    const answer = this.#last.then(() => this.#askNow(request));
    this.#last = answer.catch(() => {});
    return await answer;
  }

  async #askNow(request: TrafficRequest): Promise<TrafficReport> {
    const ended = new AbortController();
    const answered = once(this.#worker, "message", { signal: ended.signal }) as Promise<[TrafficAnswer]>;
    const gone = once(this.#worker, "exit", { signal: ended.signal }).then(() => {
      throw new Error("the thread of the traffic has ended");
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(request);
    try {
      const [answer] = await Promise.race([answered, gone]);
      if ("error" in answer) throw new Error(answer.error);
      return answer;
    } finally {
      ended.abort();
      answered.catch(() => {});
      gone.catch(() => {});
    }
  }
}
