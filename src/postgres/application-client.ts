import { Client } from "pg";
import { SQLSTATE, sqlstateOf } from "./sqlstate.ts";

/** A row as the driver gives it, by column. */
export type ApplicationRow = Readonly<Record<string, unknown>>;

/**
 * A connection as an application has one, without the settings, retries and guards of Segue's own sessions. It sends
 * simple and prepared statements, one at a time.
 *
 * @internal for `segue demo`
 */
export class ApplicationClient {
  readonly #client: Client;
  /** Part of the prepared statements' names: after a stale plan all of them are prepared anew. */
  #generation = 0;
  #stalePlans = 0;

  private constructor(client: Client) {
    this.#client = client;
    // A lost connection is also the error of the next statement.
    client.on("error", () => {});
  }

  static async connect(url: string, applicationName: string): Promise<ApplicationClient> {
    const client = new Client({ connectionString: url, application_name: applicationName });
    const application = new ApplicationClient(client);
    await client.connect();
    return application;
  }

  /** How often a statement was prepared anew because the type of its result had changed. */
  get stalePlans(): number {
    return this.#stalePlans;
  }

  /** Sends text without parameters, by the simple protocol. */
  async simple(sql: string): Promise<readonly ApplicationRow[]> {
    return (await this.#client.query<ApplicationRow>(sql)).rows;
  }

  /**
   * Runs a named prepared statement. Where the server refuses it because the type of its result has changed since it was
   * prepared, which happens once after a column came, went or changed its type, it is prepared and run again, as pools
   * and drivers do. Nothing ran before the refusal; a transaction that was open is lost, and with it the second attempt.
   */
  async prepared(name: string, text: string, values: readonly unknown[]): Promise<readonly ApplicationRow[]> {
    try {
      return await this.#prepared(name, text, values);
    } catch (error) {
      if (!isStalePlan(error)) throw error;
      this.#stalePlans += 1;
      this.#generation += 1;
      return await this.#prepared(name, text, values);
    }
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  async #prepared(name: string, text: string, values: readonly unknown[]): Promise<readonly ApplicationRow[]> {
    const query = { name: `${name}.${this.#generation}`, text, values: [...values] };
    return (await this.#client.query<ApplicationRow>(query)).rows;
  }
}

/** The SQLSTATE alone stands for much else. The name of the server's function is the same in every language. */
function isStalePlan(error: unknown): boolean {
  const { routine } = error as { readonly routine?: string };
  return sqlstateOf(error) === SQLSTATE.featureNotSupported && routine === "RevalidateCachedQuery";
}
