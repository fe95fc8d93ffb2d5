import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { SegueError } from "../model/errors.ts";

/** The variables of a folder's `.env`, as Node reads it; none if there is no such file. They never override the process's own. */
export function readDotenv(folder: string): Readonly<Record<string, string>> {
  const path = join(folder, ".env");
  try {
    return parseEnv(readFileSync(path, "utf8")) as Record<string, string>;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "EISDIR")) return {};
    throw new SegueError("SEG0501", { message: `${path} can't be read`, cause });
  }
}
