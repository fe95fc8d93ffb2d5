import { readFileSync, statSync } from "node:fs";

/** What a line of a password file must fit. */
export interface PassfileKey {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

export interface PassfileAnswer {
  readonly password: string | null;
  /** Why the file was left unread. */
  readonly warning: string | null;
}

const NONE: PassfileAnswer = { password: null, warning: null };

/** Looks a password up in `.pgpass` as libpq does (manual, 34.16): the first line that fits; not in a file that others may read. */
export function passwordFromFile(path: string, key: PassfileKey): PassfileAnswer {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return NONE;
  if (!stats.isFile()) return { password: null, warning: `${path} is not a plain file, and was not read` };
  if (process.platform !== "win32" && (stats.mode & 0o077) !== 0)
    return { password: null, warning: `${path} may be read by others, and was not read; run: chmod 0600 ${path}` };
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return { password: null, warning: `${path} can't be read` };
  }
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    const [host, port, database, user, password] = fields(line);
    if (password === undefined || password === "") continue;
    if (
      hosts(key.host).some((one) => fits(host, one)) &&
      fits(port, String(key.port)) &&
      fits(database, key.database) &&
      fits(user, key.user)
    )
      return { password, warning: null };
  }
  return NONE;
}

/** Five fields, split at colons; a backslash takes the next character as it is. The password takes the rest of the line. */
function fields(line: string): readonly string[] {
  const found = [""];
  for (let index = 0; index < line.length; index++) {
    const character = line[index] as string;
    if (character === ":" && found.length < 5) found.push("");
    else
      found[found.length - 1] += character === "\\" && index + 1 < line.length ? (line[++index] as string) : character;
  }
  return found;
}

function fits(field: string | undefined, value: string): boolean {
  return field === "*" || field === value;
}

/** A socket in one of the usual folders goes by localhost. */
function hosts(host: string): readonly string[] {
  return ["/tmp", "/var/run/postgresql", "/run/postgresql"].includes(host) ? [host, "localhost"] : [host];
}
