import { setTimeout } from "node:timers/promises";
import { type Filled, fixedOf, type Oracle, type Side, type Value, type Version } from "./oracle.ts";
import type { PlainRow, Statements } from "./statements.ts";

/** Rows 1 to this are written by every client; each counts its writes. */
const HOT_ROWS = 3;

/**
 * How long a client of an application that is being migrated leaves between two turns, in milliseconds. Four that leave
 * none take a core and make every step of the rollout wait for the processor; a test that waits for turns gets them at once.
 */
const PAUSE_MS = 4;

/** What the clients of a test have in common. */
export interface Context {
  readonly oracle: Oracle;
  readonly major: number;
  /** How many clients there can be: a client owns the ids that leave its index when divided by this. */
  readonly stride: number;
  /** Ids below this may be taken by the rows that the schema came with. */
  readonly firstNewId: number;
  /** A number that no other write gets. */
  number(): number;
  failed(error: Error): void;
  isOver(): boolean;
}

type Op = (typeof OPS)[number];
const OPS = [
  "insert",
  "own",
  "shared",
  "hot",
  "upsert",
  "star",
  "transaction",
  "read",
  "delete",
  "insert",
  "copy",
  "own",
  "defaults",
  "hot",
  "merge",
] as const;

/** As many turns as it takes a client to do everything. */
export const CYCLE = OPS.length;

/** One client: one turn after the other, each a statement or a transaction, told to the oracle once it is committed. */
export class Client {
  readonly #context: Context;
  readonly #side: Side;
  readonly #version: Version;
  readonly #index: number;
  readonly #statements: Statements;
  #nextId: number;
  #own: readonly number[] = [];
  /** How many turns are done, those of its predecessors with the same index included. */
  turn: number;
  #ending = false;
  #done: Promise<void> = Promise.resolve();
  #paused: Promise<void> | null = null;
  #resume: () => void = () => undefined;
  #idle: () => void = () => undefined;
  #waiters: (() => void)[] = [];

  constructor(context: Context, side: Side, index: number, statements: Statements, turn: number) {
    this.#context = context;
    this.#side = side;
    this.#version = context.oracle.versions[side];
    this.#index = index;
    this.#statements = statements;
    this.turn = turn;
    const { stride, firstNewId } = context;
    const free = firstNewId - (firstNewId % stride) + index + stride;
    this.#nextId = Math.max(free, ...this.#ownIds().map((id) => id + stride));
  }

  begin(): void {
    this.#done = this.#loop();
  }

  /** Resolves once the turn that is under way is over and the session closed. */
  async end(): Promise<void> {
    this.#ending = true;
    this.resume();
    await this.#done;
    await this.#statements.end();
  }

  /** Resolves once nothing is under way. */
  async pause(): Promise<void> {
    if (this.#ending || this.#context.isOver()) return;
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    this.#paused = new Promise((resolve) => {
      this.#resume = resolve;
    });
    await Promise.race([idle, this.#done]);
  }

  resume(): void {
    this.#paused = null;
    this.#resume();
  }

  nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  async #loop(): Promise<void> {
    while (!this.#ending && !this.#context.isOver()) {
      if (this.#paused !== null) {
        this.#idle();
        await this.#paused;
        continue;
      }
      try {
        await this.#act(OPS[(this.turn + this.#index * 4) % CYCLE] as Op);
      } catch (error) {
        this.#context.failed(error as Error);
      }
      this.turn += 1;
      const awaited = this.#waiters.splice(0);
      for (const wake of awaited) wake();
      if (awaited.length === 0 && !this.#ending) await setTimeout(PAUSE_MS);
    }
  }

  async #act(op: Op): Promise<void> {
    const id = this.#anyId();
    switch (op) {
      case "insert":
        return await this.#insert(this.#newId(), []);
      case "defaults":
        return await this.#insert(this.#newId(), Object.keys(this.#version.defaults ?? {}));
      case "own":
        return await this.#update(id, this.#patch(this.#ownColumns()));
      case "shared":
        return await this.#update(id, this.#patch(this.#columns(true)));
      case "delete":
        return await this.#delete(id);
      case "upsert":
        if (id !== null) await this.#put(id, "upsert");
        return await this.#put(this.#newId(), "upsert");
      case "merge":
        // PostgreSQL has it from 15 on.
        return await this.#put(
          this.turn % 2 === 0 && id !== null ? id : this.#newId(),
          this.#context.major < 15 || this.#cannot("merge") ? "upsert" : "merge",
        );
      case "transaction":
        return await this.#transaction(id);
      case "star":
        return await this.#read(id, async (wanted) => await this.#statements.selectStar(wanted));
      case "read":
        return await this.#read(id, async (wanted) => (await this.#statements.select([wanted])).get(wanted));
      case "copy":
        return this.#cannot("copy") ? await this.#insert(this.#newId(), []) : await this.#copy();
      case "hot":
        return await this.#hot(1 + ((this.turn + this.#index) % HOT_ROWS));
      default:
        return op satisfies never;
    }
  }

  #cannot(what: "copy" | "merge"): boolean {
    return this.#version.cannot?.includes(what) === true;
  }

  async #insert(id: number, omitted: readonly string[]): Promise<void> {
    const row = Object.fromEntries(Object.entries(this.#row(id)).filter(([column]) => !omitted.includes(column)));
    const filled = await this.#during(() => this.#statements.insert(id, row));
    this.#context.oracle.inserted(this.#side, id, row, filled);
  }

  async #update(id: number | null, patch: PlainRow): Promise<void> {
    if (id === null || Object.keys(patch).length === 0) return;
    const filled = await this.#during(() => this.#statements.update(id, patch));
    this.#context.oracle.updated(this.#side, id, patch, filled);
  }

  async #delete(id: number | null): Promise<void> {
    if (id === null) return;
    await this.#statements.delete(id);
    this.#context.oracle.deleted(this.#side, id);
  }

  /** Writes a row that may be there. */
  async #put(id: number, how: "upsert" | "merge"): Promise<void> {
    const row = this.#row(id);
    const exists = this.#context.oracle.expected(this.#side, id) !== undefined;
    const filled = await this.#during(() => this.#statements[how](id, row));
    if (exists) this.#context.oracle.updated(this.#side, id, row, filled);
    else this.#context.oracle.inserted(this.#side, id, row, filled);
  }

  /** Several rows in one transaction, part of it rolled back to a savepoint; in every other cycle it is rolled back whole. */
  async #transaction(id: number | null): Promise<void> {
    const fresh = this.#newId();
    const row = this.#row(fresh);
    const patch = this.#patch(this.#ownColumns());
    const spoiled = this.#patch(Object.keys(this.#version.columns));
    const commits = Math.floor((this.turn + this.#index * 4) / CYCLE) % 2 === this.#index % 2;
    const filled = await this.#during(async () => {
      await this.#statements.run("begin");
      await this.#statements.insert(fresh, row);
      await this.#statements.run("savepoint before");
      if (id !== null) await this.#statements.update(id, spoiled);
      await this.#statements.delete(fresh);
      await this.#statements.run("rollback to savepoint before");
      if (id !== null) await this.#statements.update(id, patch);
      await this.#statements.run(commits ? "commit" : "rollback");
    });
    if (!commits) return;
    this.#context.oracle.inserted(this.#side, fresh, row, filled);
    if (id !== null) this.#context.oracle.updated(this.#side, id, patch, filled);
  }

  /** A row that all clients write: locked, counted, written. The counter tells the order of the commits. */
  async #hot(id: number): Promise<void> {
    if (this.#context.oracle.expected(this.#side, id) === undefined) return;
    const patch = this.#patch(this.turn % 3 === 0 ? this.#columns(true) : this.#ownColumns());
    let turn = 0;
    const filled = await this.#during(async () => {
      await this.#statements.run("begin");
      turn = (await this.#statements.lock(id)) + 1;
      await this.#statements.count(id, patch);
      await this.#statements.run("commit");
    });
    this.#context.oracle.hotUpdated(this.#side, id, turn, patch, filled);
  }

  async #read(
    id: number | null,
    find: (id: number) => Promise<Readonly<Record<string, unknown>> | undefined>,
  ): Promise<void> {
    if (id === null) return;
    const wrong = this.#context.oracle.compare(this.#side, id, await find(id));
    if (wrong !== null) throw new Error(`a client read what nobody wrote: ${wrong}`);
  }

  async #copy(): Promise<void> {
    const rows = new Map([this.#newId(), this.#newId()].map((id) => [id, this.#row(id)]));
    const filled = await this.#during(() => this.#statements.copy(rows));
    for (const [id, row] of rows) this.#context.oracle.inserted(this.#side, id, row, filled);
  }

  /** If what is filled changes while a write is under way, the write may have been before or after. */
  async #during(work: () => Promise<void>): Promise<Filled> {
    const before = this.#context.oracle.filled;
    await work();
    return this.#context.oracle.filled === before ? before : "maybe";
  }

  #ownIds(): readonly number[] {
    const { oracle, stride } = this.#context;
    return oracle.ids(this.#side).filter((id) => id > HOT_ROWS && id % stride === this.#index);
  }

  #newId(): number {
    const id = this.#nextId;
    this.#nextId += this.#context.stride;
    return id;
  }

  /** A row of this client's own, a different one each time; null while it has none. */
  #anyId(): number | null {
    // The list costs a pass over all rows: made once a cycle, and what has been deleted since is passed over.
    if (this.turn % CYCLE === 0 || this.#own.length === 0) this.#own = this.#ownIds();
    const first = this.#context.number() * 7919;
    for (let step = 0; step < this.#own.length; step += 1) {
      const id = this.#own[(first + step) % this.#own.length];
      if (id !== undefined && this.#context.oracle.expected(this.#side, id) !== undefined) return id;
    }
    return null;
  }

  #row(id: number): PlainRow {
    return { ...fixedOf(this.#version, id), ...this.#patch(Object.keys(this.#version.columns)) };
  }

  #patch(columns: readonly string[]): PlainRow {
    const make = (column: string): Value =>
      (this.#version.columns[column] as (n: number) => Value)(this.#context.number());
    return Object.fromEntries(columns.map((column) => [column, make(column)]));
  }

  /** One or all of the columns that only this version knows; of all its columns if both know the same. */
  #ownColumns(): readonly string[] {
    const own = this.#columns(false);
    const from = own.length === 0 ? Object.keys(this.#version.columns) : own;
    return this.turn % 2 === 0 ? from : from.slice(this.turn % from.length).slice(0, 1);
  }

  #columns(shared: boolean): readonly string[] {
    const other = this.#context.oracle.versions[this.#side === "old" ? "new" : "old"];
    return Object.keys(this.#version.columns).filter((column) => column in other.columns === shared);
  }
}
