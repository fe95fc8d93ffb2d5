import { Client, type Context } from "./client.ts";
import type { Oracle, Side } from "./oracle.ts";
import type { TestDatabase } from "./postgres.ts";
import { Statements } from "./statements.ts";

const CLIENTS: Readonly<Record<Side, number>> = { old: 2, new: 2 };
const DEADLINE_MS = 60_000;

/** What every client does, by the names in `Traffic.counts`. */
export const EVERY_KIND = ["insert", "update", "delete", "upsert", "copy", "select", "select *", "commit", "rollback"];

/**
 * Clients of the old and the new version of an application. Each owns rows of its own, keeps what it wrote in the
 * oracle, and compares on every read; a few hot rows are everyone's.
 */
export class Traffic {
  readonly #database: TestDatabase;
  readonly #context: Context;
  readonly #running = new Map<Side, Client[]>();
  readonly #turns = new Map<number, number>();
  #failure: Error | null = null;
  #numbers = 0;
  /** The longest that a query took, in milliseconds, and what it was. */
  slowest = { ms: 0, sql: "" };
  /** How many queries of each kind were made: `old insert`, `new copy` … */
  readonly counts: Record<string, number> = {};

  constructor(database: TestDatabase, oracle: Oracle, firstNewId: number) {
    this.#database = database;
    this.#context = {
      oracle,
      major: database.major,
      stride: CLIENTS.old + CLIENTS.new,
      firstNewId,
      number: () => (this.#numbers += 1),
      failed: (error) => {
        this.#failure ??= error;
      },
      isOver: () => this.#failure !== null,
    };
  }

  /** A version is deployed: its clients connect and begin. */
  async start(side: Side): Promise<void> {
    const clients: Client[] = [];
    for (let n = 0; n < CLIENTS[side]; n += 1) {
      const index = n + (side === "new" ? CLIENTS.old : 0);
      const version = this.#context.oracle.versions[side];
      const session = await this.#database.connect({
        types: { getTypeParser: () => (text: string) => text },
        application_name: `${side} version`,
        ...(version.schema === undefined ? {} : { options: `-c search_path=${version.schema}` }),
      });
      const statements = new Statements(session, side, version, this.#took);
      clients.push(new Client(this.#context, side, index, statements, this.#turns.get(index) ?? 0));
    }
    this.#running.set(side, clients);
    for (const client of clients) client.begin();
  }

  /** A version is gone: its clients finish what they are at and disconnect. */
  async stop(side: Side): Promise<void> {
    const clients = this.#running.get(side) ?? [];
    this.#running.delete(side);
    await Promise.all(clients.map((client) => client.end()));
    clients.forEach((client, n) => this.#turns.set(n + (side === "new" ? CLIENTS.old : 0), client.turn));
    this.check();
  }

  async stopAll(): Promise<void> {
    for (const side of ["old", "new"] as const) await this.stop(side);
  }

  /** Runs `work` while no client has anything under way. */
  async quietly<T>(work: () => Promise<T>): Promise<T> {
    const clients = this.#clients();
    await Promise.all(clients.map((client) => client.pause()));
    this.check();
    const result = await work();
    for (const client of clients) client.resume();
    return result;
  }

  /** Returns once every running client has done so many more turns. */
  async turns(count: number): Promise<void> {
    const clients = this.#clients();
    const deadline = performance.now() + DEADLINE_MS;
    const goals = clients.map((client) => client.turn + count);
    while (clients.some((client, index) => client.turn < (goals[index] ?? 0))) {
      this.check();
      if (performance.now() > deadline) throw new Error(`the clients did not get on within ${DEADLINE_MS} ms`);
      await Promise.race(clients.map((client) => client.nextTurn()));
    }
    this.check();
  }

  /** @throws what went wrong first, if anything did */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #clients(): readonly Client[] {
    return [...this.#running.values()].flat();
  }

  readonly #took = (kind: string, ms: number, sql: string): void => {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    if (ms > this.slowest.ms) this.slowest = { ms, sql };
  };
}
