import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { LoadAnswer, LoadOptions, LoadReport, LoadRequest } from "./load-protocol.ts";

const PROGRAM = fileURLToPath(new URL("./load-process.js", import.meta.url));

/** The application's clients, while something else happens to their table. */
export class ClientLoad {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  /** Returns once all clients are connected and warm. */
  static async start(options: LoadOptions): Promise<ClientLoad> {
    const load = new ClientLoad(fork(PROGRAM, [JSON.stringify(options)]));
    await load.#answer();
    return load;
  }

  /** From here on waits are counted. */
  begin(): void {
    this.#ask("begin");
  }

  /** Lets no more transactions begin, and waits for those that have. */
  async end(): Promise<LoadReport> {
    const answer = this.#answer();
    this.#ask("end");
    const report = await answer;
    if (report === "ready") throw new Error("The clients gave no report");
    return report;
  }

  /** Ends the process, whatever it does. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  #ask(request: LoadRequest): void {
    this.#process.send(request);
  }

  async #answer(): Promise<LoadAnswer> {
    const stop = new AbortController();
    const answered = once(this.#process, "message", { signal: stop.signal }) as Promise<[LoadAnswer]>;
    const gone = once(this.#process, "exit", { signal: stop.signal }).then(([code]) => {
      throw new Error(`The clients' process has ended with ${String(code)}`);
    });
    try {
      const [answer] = await Promise.race([answered, gone]);
      return answer;
    } finally {
      stop.abort();
      answered.catch(() => {});
      gone.catch(() => {});
    }
  }
}
