import { readFileSync } from "node:fs";

const PATH = new URL("../../../shared/data/pagila.sql", import.meta.url);

/** The Pagila sample database as plain statements, or null where the file is not at hand: such tests then skip. */
export function pagilaScript(): string | null {
  try {
    return readFileSync(PATH, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
