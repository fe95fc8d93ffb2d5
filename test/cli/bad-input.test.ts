import { expect, test } from "vitest";
import { testDatabase } from "../support/postgres.ts";
import { RENAME, RENAME_FILE, RENAME_ID, USERS } from "./plans.ts";
import { project, type ProjectFiles, segue } from "./segue.ts";

interface Case extends ProjectFiles {
  readonly args: readonly string[];
  /** SQL that makes the database; without it there is none, and DATABASE_URL is not set. */
  readonly database?: string;
  readonly code: number;
  /** Exactly what stands on stderr, after the line that names the connection. */
  readonly says: string;
}

const CASES = [];
test.each(CASES);
