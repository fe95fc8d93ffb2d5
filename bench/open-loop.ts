/** What `OpenLoop` records of one transaction, in milliseconds of the loop's clock. */
export interface Served {
  readonly due: number;
  readonly answered: number;
}

/**
 * Serves transactions that are due whether the ones before are answered or not: one that finds every connection busy
 * waits its turn, and its wait counts from when it was due.
 */
export class OpenLoop<Connection> {
  readonly #idle: Connection[];
  readonly #queue: number[] = [];
  readonly #serve: (connection: Connection) => Promise<void>;
  readonly #served: (served: Served) => void;
  readonly #now: () => number;
  readonly #connections: number;
  #drained: (() => void) | null = null;

  constructor(options: {
    connections: readonly Connection[];
    /** Never rejects. */
    serve: (connection: Connection) => Promise<void>;
    served: (served: Served) => void;
    now: () => number;
  }) {
    this.#idle = [...options.connections];
    this.#connections = options.connections.length;
    this.#serve = options.serve;
    this.#served = options.served;
    this.#now = options.now;
  }

  /** A transaction that was due at `due`. */
  arrive(due: number): void {
    this.#queue.push(due);
    const connection = this.#idle.pop();
    if (connection !== undefined) void this.#work(connection);
  }

  /** Resolves when everything that has arrived is answered. */
  async drain(): Promise<void> {
    if (this.#idle.length === this.#connections) return;
    await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  async #work(connection: Connection): Promise<void> {
    for (let due = this.#queue.shift(); due !== undefined; due = this.#queue.shift()) {
      await this.#serve(connection);
      this.#served({ due, answered: this.#now() });
    }
    this.#idle.push(connection);
    if (this.#idle.length === this.#connections) this.#drained?.();
  }
}
