import { existsSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import type { ConnectionOptions, ConnectionTarget } from "../model/connection.ts";
import { SegueError } from "../model/errors.ts";
import { chooseSource, type ConnectionRequest } from "./connection-source.ts";
import { type ConnectionParameters, severalHosts } from "./connection-url.ts";
import { passwordFromFile } from "./passfile.ts";
import { type ClientTls, tlsAttempts } from "./tls.ts";

/** Complete: nothing is left for the driver to find in the environment. */
export interface ResolvedOptions extends ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly ssl: ClientTls | false;
  readonly sslnegotiation?: "postgres" | "direct";
  readonly enableChannelBinding?: boolean;
  readonly options?: string;
  readonly connectionTimeoutMillis?: number;
}

/** The source is `--url`, a variable's name, or `PG*`, with ` (.env)` behind it if it stands there. */
export interface ResolvedTarget extends ConnectionTarget {
  readonly options: ResolvedOptions;
  /** What to try if the server refuses TLS (`sslmode=prefer`) or refuses to go without (`allow`); see openTarget. */
  readonly fallback: ResolvedOptions | null;
  readonly passwordFrom: "url" | "PGPASSWORD" | "passfile" | null;
  readonly warnings: readonly string[];
}

/**
 * Finds the database: `--url`, `SEGUE_DATABASE_URL`, `DIRECT_URL`, the variable that segue.yaml names, `DATABASE_URL`,
 * `PG*`; what a URL leaves open comes from `PG*`, `.pgpass` and libpq's defaults.
 *
 * @throws SegueError SEG0504 if no database is named, SEG0501 if it is named in a way that Segue does not support.
 */
export function resolveConnection(request: ConnectionRequest): ResolvedTarget {
  const { parameters, source, hasUrlPassword } = chooseSource(request);
  const home = request.env["HOME"] ?? homedir();
  const port = portOf(parameters.port);
  const host = parameters.host ?? defaultHost(port);
  if (host.includes(",")) throw severalHosts(source);
  const user = parameters.user ?? request.env["USER"] ?? userInfo().username;
  const database = parameters.dbname ?? user;

  const file = parameters.passfile ?? join(home, ".pgpass");
  const found = parameters.password === undefined ? passwordFromFile(file, { host, port, database, user }) : null;
  const password = parameters.password ?? found?.password ?? null;
  // Over a Unix socket there is no TLS, whatever is asked for: as in libpq.
  const socket = host.startsWith("/");
  const tls = socket ? ({ first: false, second: null } as const) : tlsAttempts(parameters, home);

  const common = {
    host,
    port,
    user,
    database,
    ...(password === null ? {} : { password }),
    ...sessionOptions(parameters),
  };
  const withTls = (ssl: ClientTls | false): ResolvedOptions => ({
    ...common,
    ssl,
    ...(ssl === false ? {} : negotiation(parameters)),
  });
  return {
    options: withTls(tls.first),
    fallback: tls.second === null ? null : withTls(tls.second),
    source,
    passwordFrom:
      parameters.password !== undefined
        ? hasUrlPassword
          ? "url"
          : "PGPASSWORD"
        : password === null
          ? null
          : "passfile",
    redacted: redacted({ host, port, user, database }),
    warnings: found?.warning == null ? [] : [found.warning],
  };
}

function redacted({
  host,
  port,
  user,
  database,
}: {
  host: string;
  port: number;
  user: string;
  database: string;
}): string {
  const [name, path] = [encodeURIComponent(user), encodeURIComponent(database)];
  if (host.startsWith("/")) return `postgres://${name}@/${path}?host=${host}&port=${port}`;
  return `postgres://${name}@${host.includes(":") ? `[${host}]` : host}:${port}/${path}`;
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 5432;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw fail(`a port is a number from 1 to 65535, not "${text}"`);
  return port;
}

/** libpq's default is the socket folder that it was built with: the two usual ones are looked at. */
function defaultHost(port: number): string {
  return ["/var/run/postgresql", "/tmp"].find((folder) => existsSync(join(folder, `.s.PGSQL.${port}`))) ?? "localhost";
}

function sessionOptions({
  options,
  connect_timeout: timeout,
  target_session_attrs: attributes,
}: ConnectionParameters): Partial<ResolvedOptions> {
  if (timeout !== undefined && !/^-?\d{1,9}$/.test(timeout))
    throw fail(`connect_timeout is a whole number of seconds, not "${timeout}"`);
  if (attributes !== undefined && !["any", "read-write", "primary", "prefer-standby"].includes(attributes))
    throw fail(`target_session_attrs=${attributes} asks for a server that can't be written to`);
  const seconds = Number(timeout ?? 0);
  return {
    ...(options === undefined ? {} : { options }),
    ...(seconds > 0 ? { connectionTimeoutMillis: seconds * 1000 } : {}),
  };
}

function negotiation({
  sslnegotiation,
  channel_binding: binding,
  sslmode,
}: ConnectionParameters): Partial<ResolvedOptions> {
  if (sslnegotiation !== undefined && sslnegotiation !== "postgres" && sslnegotiation !== "direct")
    throw fail(`sslnegotiation is \`postgres\` or \`direct\`, not "${sslnegotiation}"`);
  if (sslnegotiation === "direct" && ["allow", "prefer", undefined].includes(sslmode))
    throw fail("sslnegotiation=direct needs sslmode=require or stronger");
  if (binding !== undefined && !["disable", "prefer", "require"].includes(binding))
    throw fail(`channel_binding is \`disable\`, \`prefer\` or \`require\`, not "${binding}"`);
  return {
    ...(sslnegotiation === undefined ? {} : { sslnegotiation }),
    ...(binding === "prefer" || binding === "require" ? { enableChannelBinding: true } : {}),
  };
}

function fail(message: string): SegueError {
  return new SegueError("SEG0501", { message });
}
