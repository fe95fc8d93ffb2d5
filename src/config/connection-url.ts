import { parse } from "pg-connection-string";
import { SegueError } from "../model/errors.ts";
import { suggestion } from "../plan/did-you-mean.ts";

/** Parameters of libpq, by libpq's names. */
export type ConnectionParameters = Readonly<Partial<Record<(typeof USED)[number], string>>>;

const USED = [
  "host",
  "port",
  "dbname",
  "user",
  "password",
  "passfile",
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "sslpassword",
  "sslnegotiation",
  "channel_binding",
  "connect_timeout",
  "options",
  "target_session_attrs",
] as const;

/** Of no consequence here: Segue names its sessions itself, speaks UTF-8, keeps connections alive, and pools nothing. */
const PASSED_OVER = [
  "application_name",
  "fallback_application_name",
  "client_encoding",
  "keepalives",
  "keepalives_idle",
  "keepalives_interval",
  "keepalives_count",
  "tcp_user_timeout",
  "gssencmode",
  "sslsni",
  "sslcompression",
  "load_balance_hosts",
  "uselibpqcompat",
  // Other tools' parameters that share the URL.
  "schema",
  "pgbouncer",
  "connection_limit",
  "pool_timeout",
  "statement_cache_size",
  "socket_timeout",
  "workaround",
] as const;

/** libpq's, with a meaning that would be lost if they were passed over. */
const REFUSED = [
  "service",
  "servicefile",
  "hostaddr",
  "require_auth",
  "requirepeer",
  "sslcrl",
  "sslcrldir",
  "sslcertmode",
  "ssl_min_protocol_version",
  "ssl_max_protocol_version",
  "krbsrvname",
  "gsslib",
  "gssdelegation",
  "replication",
] as const;

const fail = (message: string): SegueError => new SegueError("SEG0501", { message });

/**
 * Reads a `postgres://` URL as libpq does: what stands behind `?` wins over what stands before it.
 *
 * @param source what gave the URL, for messages. They never repeat the URL: it may hold a password.
 * @throws SegueError SEG0501
 */
export function parseConnectionUrl(url: string, source: string): ConnectionParameters {
  if (!/^postgres(ql)?:\/\//i.test(url))
    throw fail(`${source} is not a URL of a database; it begins with postgres:// or postgresql://`);
  const [, base = "", query = ""] = /^([^?]*)(?:\?([^]*))?$/.exec(url) ?? [];
  const authority = base.replace(/^\w+:\/\//, "").split("/")[0] ?? "";
  if (authority.slice(authority.lastIndexOf("@") + 1).includes(",")) throw severalHosts(source);
  const before = parseBase(base, source);
  const after = parseQuery(query, source);
  if (after.host?.includes(",") === true) throw severalHosts(source);
  return { ...before, ...after };
}

/** @throws SegueError SEG0501 for a list of hosts: a migration must know which server it is on. */
export function severalHosts(source: string): SegueError {
  return fail(`${source} names several hosts; name one, the primary`);
}

function parseBase(base: string, source: string): ConnectionParameters {
  try {
    const { host, port, user, password } = parse(base);
    // The library leaves %2F, %3A and their like in a database's name as they are.
    const dbname = decodeURIComponent(/^\w+:\/\/[^/]*\/(.*)$/s.exec(base)?.[1] ?? "");
    const found = Object.entries({ host, port, dbname, user, password });
    return Object.fromEntries(found.filter(([, value]) => value !== null && value !== undefined && value !== ""));
  } catch {
    throw fail(
      `${source} is not a valid URL; characters with a meaning in URLs must be percent-encoded in names and passwords (@ as %40, / as %2F)`,
    );
  }
}

function parseQuery(query: string, source: string): ConnectionParameters {
  const found: Record<string, string> = {};
  for (const pair of query.split("&").filter((one) => one !== "")) {
    const [name = "", value = ""] = decoded(pair, source);
    if (name === "ssl") found["sslmode"] ??= sslmodeOf(value, source);
    else if (name === "database") found["dbname"] = value;
    else if ((REFUSED as readonly string[]).includes(name))
      throw fail(`${source}: the parameter \`${name}\` is not supported`);
    else if ((USED as readonly string[]).includes(name)) found[name] = value;
    else if (!(PASSED_OVER as readonly string[]).includes(name))
      throw fail(`${source}: there is no parameter \`${name}\`${near(name)}`);
  }
  return found;
}

function decoded(pair: string, source: string): readonly string[] {
  try {
    const at = pair.indexOf("=");
    return (at === -1 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)]).map(decodeURIComponent);
  } catch {
    throw fail(`${source}: a % behind the ? must begin a percent-encoded character`);
  }
}

/** `ssl=true` is JDBC's spelling, which libpq takes too. */
function sslmodeOf(value: string, source: string): string {
  if (value === "true" || value === "1") return "require";
  if (value === "false" || value === "0") return "disable";
  if (value === "no-verify") return value;
  throw fail(`${source}: \`ssl\` is true or false; use \`sslmode\` for more`);
}

function near(name: string): string {
  const text = suggestion(name, USED);
  return text.startsWith("; did") ? text : "";
}
