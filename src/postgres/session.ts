import type { Client, QueryResult } from "pg";
import { SegueError } from "../model/errors.ts";
import { ident } from "../sql/identifier.ts";
import { type Connected, connect, type ConnectOptions, type SessionTarget, settingsStatement } from "./connect.ts";
import { type Failpoints, failpoints, loseAnswer } from "./failpoint.ts";
import type { Notice, Result, Statement } from "./result.ts";
import { SESSION_SETTINGS } from "./session-settings.ts";
import { isConnectionLoss, SQLSTATE, sqlstateOf } from "./sqlstate.ts";

export type { SessionTarget } from "./connect.ts";
export type { Notice, Result, Statement } from "./result.ts";

export interface SessionOptions extends ConnectOptions {
  /** Aborting cancels the statement that runs and refuses further ones. */
  readonly signal?: AbortSignal | undefined;
  /** Counts this session's statements for crash tests (failpoint.ts). */
  readonly failpoints?: boolean;
  /** Told of every statement that was answered; must not throw. */
  readonly onStatement?: (statement: Statement) => void;
}

/**
 * Connects and pins the session's settings (session-settings.ts).
 *
 * @throws SegueError SEG0201 if it can't connect; the signal's reason if aborted
 */
export async function openSession(target: SessionTarget, options: SessionOptions): Promise<Session> {
  return new Session(await connect(target, options), target, options);
}

/**
 * One connection, for one flow of control: statements are sent one after the other in the order of the calls. Errors
 * of the server are thrown as they are (sqlstateOf() names them); a lost connection is a SegueError SEG0407, then
 * and at every later call.
 */
export class Session {
  /** The server process, for pg_stat_activity and pg_blocking_pids. Means nothing if `pooled`. */
  readonly pid: number;
  /** True if a pooler stands in between: nothing is set but within a transaction. */
  readonly pooled: boolean;
  readonly applicationName: string;
  readonly #client: Client;
  readonly #target: SessionTarget;
  readonly #options: SessionOptions;
  readonly #failpoints: Failpoints | null;
  /** Resolves when the last statement that was asked for is answered; never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #running = false;
  #inTransaction = false;
  #loss: unknown = null;
  #closed = false;
  #cancelling: Promise<void> | null = null;

  constructor({ client, pid, pooled }: Connected, target: SessionTarget, options: SessionOptions) {
    this.pid = pid;
    this.pooled = pooled;
    this.applicationName = options.applicationName;
    this.#client = client;
    this.#target = target;
    this.#options = options;
    this.#failpoints = options.failpoints === true ? failpoints : null;
    client.on("error", (error) => (this.#loss ??= error));
    client.on("end", () => (this.#loss ??= new Error("Connection terminated")));
    options.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** True once the connection is closed or lost. */
  get closed(): boolean {
    return this.#closed || this.#loss !== null;
  }

  /** Sends one statement: by the extended protocol if it has values. */
  async query<R = Record<string, unknown>>(sql: string, values: readonly unknown[] = []): Promise<Result<R>> {
    const [result, ...more] = await this.#send(sql, values);
    if (result === undefined || more.length > 0) throw new TypeError("query() sends one statement, script() several");
    return result as Result<R>;
  }

  /**
   * Sends several statements in one message. Without BEGIN in the text they are one transaction; the first error ends
   * the script.
   */
  async script(sql: string): Promise<Result[]> {
    return await this.#send(sql, []);
  }

  /**
   * Runs `work` between BEGIN and COMMIT, or ROLLBACK if it throws. If COMMIT's answer is lost, the SEG0407 has
   * `detail.commit: "unknown"`: what was to be committed tells whether it was.
   */
  async transaction<T>(work: (session: Session) => Promise<T>, begin = "BEGIN"): Promise<T> {
    if (this.#inTransaction) throw new Error("a transaction is open on this session");
    this.#inTransaction = true;
    try {
      await this.query(begin);
      let value: T;
      try {
        if (this.pooled)
          await this.query(...settingsStatement({ ...SESSION_SETTINGS, ...this.#options.settings }, true));
        value = await work(this);
        this.#options.signal?.throwIfAborted();
      } catch (error) {
        await this.#rollback();
        throw error;
      }
      await this.#commit();
      return value;
    } finally {
      this.#inTransaction = false;
    }
  }

  /** Calls `listener` for each NOTICE, WARNING and the like; returns the way to stop it. */
  onNotice(listener: (notice: Notice) => void): () => void {
    this.#client.on("notice", listener);
    return () => void this.#client.removeListener("notice", listener);
  }

  /**
   * Listens on a channel for as long as the session lives; what is announced arrives between its statements. Nothing may
   * be in a transaction for long on it.
   */
  async listen(channel: string, listener: (payload: string) => void): Promise<void> {
    this.#client.on("notification", (notification) => {
      if (notification.channel === channel) listener(notification.payload ?? "");
    });
    await this.query(`LISTEN ${ident(channel)}`);
  }

  /**
   * Cancels the statement that runs, if one does, over a second connection: it fails with query_canceled. Nothing is
   * sent before the cancellation is through, so it can't hit a later statement.
   *
   * @throws SegueError SEG0201 if the second connection can't be made
   */
  async cancel(): Promise<void> {
    if (!this.#running || this.closed) return;
    this.#cancelling ??= this.#cancelBackend().finally(() => (this.#cancelling = null));
    await this.#cancelling;
  }

  /** Ends the connection; the server rolls an open transaction back. Never throws. */
  async close(): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#closed = true;
    // A peer that is gone never answers the goodbye.
    const patience = setTimeout(() => this.#destroy(), 1_000);
    await this.#client.end().catch(() => {});
    clearTimeout(patience);
  }

  #send(sql: string, values: readonly unknown[], evenIfAborted = false): Promise<Result[]> {
    const answer = this.#last.then(() => this.#sendNow(sql, values, evenIfAborted));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async #sendNow(sql: string, values: readonly unknown[], evenIfAborted: boolean): Promise<Result[]> {
    await this.#cancelling?.catch(() => {});
    if (this.closed) throw this.#lost();
    if (!evenIfAborted) this.#options.signal?.throwIfAborted();
    if (this.#failpoints?.before(sql, this.#inTransaction) === true) loseAnswer(this.#client.connection.stream);
    const started = performance.now();
    this.#running = true;
    try {
      const answer: QueryResult | QueryResult[] = await this.#client.query(sql, [...values]);
      const results: QueryResult[] = Array.isArray(answer) ? answer : [answer];
      this.#report(sql, started, results.at(-1)?.rowCount ?? null);
      return results;
    } catch (error) {
      this.#report(sql, started, null, error);
      if (isConnectionLoss(error)) {
        this.#loss ??= error;
        throw this.#lost();
      }
      if (sqlstateOf(error) === SQLSTATE.queryCanceled) this.#options.signal?.throwIfAborted();
      throw error;
    } finally {
      this.#running = false;
      this.#failpoints?.after(sql, this.#inTransaction);
    }
  }

  async #commit(): Promise<void> {
    try {
      const [result] = await this.#send("COMMIT", [], true);
      // Where `work` swallowed a statement's error, the server answers COMMIT with ROLLBACK, and calls that no error.
      if (result?.command !== "COMMIT")
        throw new Error("a statement of the transaction had failed: it was rolled back");
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      throw new SegueError("SEG0407", {
        message: "The connection was lost while COMMIT was in flight: whether it happened is not known yet",
        detail: { commit: "unknown" },
        next: "segue resume: the journal tells whether it was committed",
        cause: error instanceof SegueError ? error.cause : error,
      });
    }
  }

  /** A ROLLBACK that fails leaves no doubt either: the connection is dropped, and the server rolls back. */
  async #rollback(): Promise<void> {
    if (this.closed) return;
    try {
      await this.#send("ROLLBACK", [], true);
    } catch (error) {
      this.#loss ??= error;
      this.#destroy();
    }
  }

  readonly #abort = (): void => {
    // Without a second connection, client_connection_check_interval ends the statement.
    this.cancel().catch(() => this.#destroy());
  };

  async #cancelBackend(): Promise<void> {
    const other = await openSession(this.#target, { applicationName: "segue/cancel" });
    try {
      await other.query(CANCEL, [this.pid, this.applicationName]);
    } finally {
      await other.close();
    }
  }

  #destroy(): void {
    this.#client.connection.stream.destroy();
  }

  #report(sql: string, started: number, rows: number | null, error?: unknown): void {
    const ms = performance.now() - started;
    this.#options.onStatement?.(error === undefined ? { sql, ms, rows } : { sql, ms, rows, error });
  }

  #lost(): SegueError {
    const why = this.#loss instanceof Error ? this.#loss.message : "the session was closed";
    return new SegueError("SEG0407", {
      message: `The connection was lost: ${why}`,
      next: "segue resume goes on from the journal once the server can be reached",
      cause: this.#loss ?? undefined,
    });
  }
}

// By name as well: a process id may have been given to somebody else meanwhile.
const CANCEL = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND application_name = $2::name::text`;
