import { basename } from "node:path";

/** True for `1_a.sql`; false for one of a pair of files, and for the one in a folder of its own. */
export function isOneFile(path: string): boolean {
  return !path.endsWith(".up.sql") && basename(path) !== "migration.sql";
}
