import { SegueError } from "../index.ts";

/**
 * Ctrl-C, and SIGTERM likewise: the first asks the running verb to stop at the next checkpoint, the second cancels its
 * statement, a third ends the process as if nobody listened.
 */
export class Interrupts {
  readonly #graceful = new AbortController();
  readonly #kill = new AbortController();
  readonly #onFirst: (signal: NodeJS.Signals) => void;
  #received: NodeJS.Signals | null = null;

  /** @param onFirst tells people that it was heard */
  constructor(onFirst: (signal: NodeJS.Signals) => void) {
    this.#onFirst = onFirst;
  }

  get signal(): AbortSignal {
    return this.#graceful.signal;
  }

  get kill(): AbortSignal {
    return this.#kill.signal;
  }

  /** The first signal that came. */
  get received(): NodeJS.Signals | null {
    return this.#received;
  }

  readonly trigger = (signal: NodeJS.Signals): void => {
    if (this.#received === null) {
      this.#received = signal;
      this.#graceful.abort(stopped("stopped on request", "segue status"));
      this.#onFirst(signal);
      return;
    }
    this.unlisten();
    this.#kill.abort(stopped("stopped at once: the running statement was cancelled", "segue resume"));
  };

  listen(): void {
    for (const signal of SIGNALS) process.on(signal, this.trigger);
  }

  unlisten(): void {
    for (const signal of SIGNALS) process.off(signal, this.trigger);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const satisfies readonly NodeJS.Signals[];

function stopped(message: string, next: string): SegueError {
  return new SegueError("SEG0309", {
    message,
    left: "What was committed stands and is recorded.",
    next,
  });
}
