import { Client, type CustomTypesConfig, types } from "pg";
import type { ConnectionOptions } from "../model/connection.ts";
import { SegueError } from "../model/errors.ts";
import { CLIENT_CHECK, SESSION_SETTINGS } from "./session-settings.ts";
import { SQLSTATE, sqlstateOf } from "./sqlstate.ts";

/** Where a session connects. */
export type SessionTarget = ConnectionOptions;

export interface ConnectOptions {
  /** Shown in pg_stat_activity; the server keeps 63 bytes. */
  readonly applicationName: string;
  /** Settings on top of SESSION_SETTINGS. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Aborting gives the attempt up. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until an attempt fails; by default the target's own, or 10 s. */
  readonly connectTimeout?: number;
  /** `session` once detectPooler() has said that the pooler in between keeps one server connection a client. */
  readonly pooler?: "none" | "session";
}

export interface Connected {
  readonly client: Client;
  readonly pid: number;
  /** True if a pooler that the caller did not vouch for stands in between: nothing was set then. */
  readonly pooled: boolean;
}

/**
 * Connects and pins the session's settings. Behind a pooler nothing is set, unless the caller knows its mode: in
 * transaction mode a SET stays on a server connection that the application gets next.
 *
 * @throws SegueError SEG0201 if it can't connect; the signal's reason if aborted
 */
export async function connect(target: SessionTarget, options: ConnectOptions): Promise<Connected> {
  const { signal } = options;
  signal?.throwIfAborted();
  const client = newClient(target, options);
  const abort = (): void => void client.connection.stream.destroy();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await client.connect();
    const pid = await serverPid(client);
    const pooled = options.pooler !== "session" && pid !== announcedPid(client);
    if (!pooled) await pin(client, options);
    return { client, pid, pooled };
  } catch (error) {
    void client.end().catch(() => {});
    signal?.throwIfAborted();
    throw unreachable(client, error);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** A client whose connection errors never crash the process: each is also the rejection of what it broke. */
export function newClient(target: SessionTarget, options: ConnectOptions): Client {
  // node-postgres changes the `ssl` that it is given.
  const { ssl, ...rest } = target;
  let client: Client;
  try {
    client = new Client({
      ...rest,
      ...(ssl === undefined ? {} : { ssl: typeof ssl === "object" ? { ...ssl } : ssl }),
      application_name: options.applicationName,
      connectionTimeoutMillis: options.connectTimeout ?? target.connectionTimeoutMillis ?? 10_000,
      // Node probes once a second, ten times, after the delay: a vanished server is noticed after 20 s of silence.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      types: TYPES,
    });
  } catch (error) {
    throw new SegueError("SEG0201", {
      message: `The connection's address is not valid: ${reason(error)}`,
      cause: error,
    });
  }
  client.on("error", () => {});
  return client;
}

/** The process id that whoever answered announced at connect: a pooler's own invention, if it is not the server's. */
export function announcedPid(client: Client): number | null {
  return (client as Client & { readonly processID: number | null }).processID;
}

/** The server process that runs this statement. */
export async function serverPid(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  return rows[0]?.pid ?? 0;
}

/**
 * The statement that sets settings, for the session or (`local`) for the transaction. One of the server's own that its
 * version lacks is skipped; one with a dot in its name need not be known.
 */
export function settingsStatement(settings: Readonly<Record<string, string>>, local: boolean): [string, string[][]] {
  return [
    `SELECT set_config(s.name, s.value, ${local}) FROM unnest($1::text[], $2::text[]) AS s (name, value)
  WHERE s.name LIKE '%.%' OR current_setting(s.name, true) IS NOT NULL`,
    [Object.keys(settings), Object.values(settings)],
  ];
}

async function pin(client: Client, options: ConnectOptions): Promise<void> {
  const application = { application_name: options.applicationName };
  const settings = { ...SESSION_SETTINGS, ...application, ...options.settings };
  try {
    await client.query(...settingsStatement({ ...settings, [CLIENT_CHECK.name]: CLIENT_CHECK.value }, false));
  } catch (error) {
    if (sqlstateOf(error) !== SQLSTATE.invalidParameterValue) throw error;
    // Its platform can't check for a client that is gone; a setting of the caller that is wrong fails again here.
    await client.query(...settingsStatement(settings, false));
  }
}

function unreachable(client: Client, error: unknown): SegueError {
  const { host, port, database, user } = client;
  const message = `Can't connect to database "${database}" on ${host}:${port} as "${user}": ${reason(error)}`;
  return new SegueError("SEG0201", { message, next: "segue doctor", cause: error });
}

/** How the message of SEG0201 ends where that is why. */
export const NO_PASSWORD = "the server asks for a password, and none is given";

/** Node tries all addresses of a host and gathers the failures in an error without a message. */
function reason(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reason).join("; ");
  const message = error instanceof Error ? error.message : String(error);
  // The driver's only word on it, without a code.
  return message.endsWith("client password must be a string") ? NO_PASSWORD : message;
}

// The driver would read these as points in time in this process's own time zone.
const TEXT_TYPES: readonly number[] = [types.builtins.DATE, types.builtins.TIMESTAMP, types.builtins.INTERVAL];

const TYPES: CustomTypesConfig = {
  // `oid` is whatever type the server sends, of which pg-types names some.
  getTypeParser(oid: number, format?: "text" | "binary"): (text: string) => unknown {
    const parse = types.getTypeParser as (oid: number, format?: "text" | "binary") => (text: string) => unknown;
    return TEXT_TYPES.includes(oid) ? (text) => text : parse(oid, format);
  },
};
