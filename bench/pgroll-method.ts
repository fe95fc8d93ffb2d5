import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Method, Target } from "./method.ts";
import { COLUMN, EXPRESSION } from "./shape.ts";

const run = promisify(execFile);

/** The same change as a migration of pgroll's own. */
const MIGRATION = {
  operations: [
    { add_column: { table: "orders", column: { name: COLUMN, type: "bigint", nullable: true }, up: EXPRESSION } },
  ],
};

/** The program pgroll itself, with its defaults. Its `start` adds the column too, and fills it. */
export const pgrollProgram: Method = {
  name: "pgroll",
  label: "pgroll",
  // Its name until the migration is completed.
  column: `_pgroll_new_${COLUMN}`,
  prepare: async (target) => void (await run("pgroll", ["init", "--postgres-url", urlFor(target)])),
  run: async (target) => {
    const folder = await mkdtemp(join(tmpdir(), "segue-bench-pgroll-"));
    try {
      const file = join(folder, `1_${COLUMN}.json`);
      await writeFile(file, JSON.stringify(MIGRATION));
      await run("pgroll", ["start", file, "--postgres-url", urlFor(target)], { maxBuffer: 64 * 1024 * 1024 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** The version of the pgroll on PATH; null if there is none. */
export async function pgrollVersion(): Promise<string | null> {
  return await run("pgroll", ["--version"]).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}

/** Its driver asks for TLS unless it is told otherwise; the embedded server has none. */
function urlFor({ server, database }: Target): string {
  const url = new URL(server.urlOf(database));
  if (server.own) url.searchParams.set("sslmode", "disable");
  return url.href;
}
