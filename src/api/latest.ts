import { applicationUrl } from "../config/application-url.ts";
import { readDotenv } from "../config/dotenv.ts";
import { hasJournal } from "../journal/install.ts";
import { latestVersion, type MadeVersion } from "../journal/versions.ts";
import { SegueError } from "../model/errors.ts";
import type { Workspace } from "./workspace.ts";

/** The newest versioned schema, and how an application comes to it. */
export interface LatestReport extends MadeVersion {
  /** For `search_path`: the versioned schema, and behind it the one with the types, functions and sequences. */
  readonly path: readonly string[];
  /** Without the password, unless that was asked for. */
  readonly url: string;
}

/** @throws SegueError SEG0310 if no version of the default schema stands */
export async function latest(workspace: Workspace, password: boolean): Promise<LatestReport> {
  const config = await workspace.config();
  const found = await workspace.reading(async (session) =>
    (await hasJournal(session)) ? await latestVersion(session, config.schema) : null,
  );
  if (found === null)
    throw new SegueError("SEG0310", {
      message: `there is no versioned schema of ${config.schema}`,
      object: config.schema,
      next: "write `views: true` into a plan or segue.yaml, and bring a plan to ready with segue up",
    });
  const path = [found.schema, config.schema];
  const request = { flagUrl: workspace.options.url, env: workspace.env, dotenv: readDotenv(config.folder), config };
  return { ...found, path, url: applicationUrl(request, path, { password }) };
}
