import { ident } from "../sql/identifier.ts";
import { chooseSource, type ConnectionRequest } from "./connection-source.ts";

/** Stand before the `?`, or are no matter of the server's. */
const NOT_IN_QUERY = ["host", "port", "dbname", "user", "password", "passfile"];

/**
 * The URL of the database as an application may use it, which finds its tables in these schemas.
 *
 * @param password Whether the password is in it, if a URL or PGPASSWORD gives one; else the application brings its own.
 * @throws SegueError SEG0501, SEG0504
 */
export function applicationUrl(
  request: ConnectionRequest,
  path: readonly string[],
  { password }: { readonly password: boolean },
): string {
  const { parameters } = chooseSource(request);
  const { host = "", port, user = "", dbname = "", options } = parameters;
  const socket = host.startsWith("/");
  const secret = password && parameters.password !== undefined ? `:${encodeURIComponent(parameters.password)}` : "";
  const login = user === "" && secret === "" ? "" : `${encodeURIComponent(user)}${secret}@`;
  const at = socket ? "" : host.includes(":") ? `[${host}]` : host;
  const query: readonly (readonly [string, string | undefined])[] = [
    ...(socket ? ([["host", host]] as const) : []),
    ...(socket && port !== undefined ? ([["port", port]] as const) : []),
    ...Object.entries(parameters).filter(([name]) => !NOT_IN_QUERY.includes(name) && name !== "options"),
    ["options", [options, `-c search_path=${escaped(path)}`].filter((one) => one !== undefined).join(" ")],
  ];
  const place = `${at}${socket || port === undefined ? "" : `:${port}`}/${encodeURIComponent(dbname)}`;
  return `postgres://${login}${place}?${query.map(([name, value = ""]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
}

/** White space ends an option, and a backslash before a character takes it as it is. */
function escaped(path: readonly string[]): string {
  return path
    .map(ident)
    .join(",")
    .replaceAll(/[\s\\]/g, (character) => `\\${character}`);
}
