import { readFile } from "node:fs/promises";

/** The account that a server runs under, if it is not the caller's own. */
export interface ServerAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Accounts without rights of their own, most common first. initdb looks its account up, so it must have an entry. */
const UNPRIVILEGED = ["nobody", "daemon"];

/**
 * Finds the account to run PostgreSQL under: `undefined` (the caller's own), or an unprivileged one when the caller is
 * root, under which PostgreSQL refuses to run.
 *
 * @throws Error if the caller is root and the system has no unprivileged account.
 */
export async function serverAccount(): Promise<ServerAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const entries = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const name of UNPRIVILEGED) {
    const entry = entries.find((fields) => fields[0] === name);
    if (entry !== undefined && Number(entry[2]) > 0) return { name, uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new Error(
    `PostgreSQL does not run as root, and /etc/passwd has none of the accounts ${UNPRIVILEGED.join(", ")}`,
  );
}
