import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { SegueError } from "../model/errors.ts";
import type { PartialSettings } from "../model/settings.ts";
import { suggestion } from "../plan/did-you-mean.ts";
import { mergeSettings } from "../plan/merge-settings.ts";
import type { ConfigFields } from "./config-fields.ts";
import { readConfigFile } from "./read-config-file.ts";

/** What holds for one call of Segue, before a plan has its say. */
export interface Config {
  /** Absolute, or relative to the process's own working directory. */
  readonly plansFolder: string;
  readonly schema: string;
  readonly database: {
    /** The environment variable that segue.yaml names for the URL. */
    readonly urlEnv: string | null;
    /** True if the chosen environment names it, not segue.yaml as a whole. */
    readonly ofEnvironment: boolean;
  };
  readonly settings: PartialSettings;
  readonly environment: string | null;
  /** segue.yaml; null if there is none. */
  readonly file: string | null;
  /** Where `.env` is looked for: beside segue.yaml, else the working directory. */
  readonly folder: string;
}

export interface ConfigRequest {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags?: {
    readonly config?: string | undefined;
    readonly env?: string | undefined;
    readonly plans?: string | undefined;
    readonly schema?: string | undefined;
  };
}

/**
 * Reads segue.yaml, found upward from the working directory. Flags beat environment variables (`SEGUE_CONFIG`, `SEGUE_ENV`,
 * `SEGUE_PLANS`, `SEGUE_SCHEMA`), which beat the chosen environment of the file, the file, and the defaults.
 *
 * @throws SegueError SEG0501 with every problem of the file, or if the file or the environment that was asked for is missing.
 */
export async function loadConfig({ cwd, env, flags = {} }: ConfigRequest): Promise<Config> {
  const file = locateFile(cwd, given(flags.config, env["SEGUE_CONFIG"]));
  const fields: ConfigFields = file === null ? {} : await readConfigFile(shown(cwd, file), file);
  const environment = given(flags.env, env["SEGUE_ENV"]);
  const chosen = environment === null ? {} : chooseEnvironment(fields, environment, file);
  const folder = file === null ? cwd : dirname(file);

  const plansHere = given(flags.plans, env["SEGUE_PLANS"]);
  const plans = plansHere === null ? resolve(folder, chosen.plans ?? fields.plans ?? "plans") : resolve(cwd, plansHere);
  const ofEnvironment = chosen.database?.url_env !== undefined;
  return {
    plansFolder: shown(cwd, plans),
    schema: given(flags.schema, env["SEGUE_SCHEMA"]) ?? chosen.schema ?? fields.schema ?? "public",
    database: { urlEnv: chosen.database?.url_env ?? fields.database?.url_env ?? null, ofEnvironment },
    settings: mergeSettings(settingsOf(fields), settingsOf(chosen)),
    environment,
    file: file === null ? null : shown(cwd, file),
    folder,
  };
}

function settingsOf({ settings, views }: Pick<ConfigFields, "settings" | "views">): PartialSettings {
  return { ...settings, ...(views === undefined ? {} : { views }) };
}

/** An empty variable is one that is not set. */
function given(flag: string | undefined, variable: string | undefined): string | null {
  return flag ?? (variable === undefined || variable === "" ? null : variable);
}

function locateFile(cwd: string, asked: string | null): string | null {
  if (asked !== null) {
    const path = resolve(cwd, asked);
    if (existsSync(path)) return path;
    throw new SegueError("SEG0501", {
      message: `there is no file ${asked}`,
      next: "Give the path of a segue.yaml with --config, or make one with `segue init`.",
    });
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = ["segue.yaml", "segue.yml"].map((name) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return null;
  }
}

function chooseEnvironment(
  fields: ConfigFields,
  name: string,
  file: string | null,
): NonNullable<ConfigFields["environments"]>[string] {
  const environments = fields.environments ?? {};
  const chosen = Object.hasOwn(environments, name) ? environments[name] : undefined;
  if (chosen !== undefined) return chosen;
  const names = Object.keys(environments);
  const why =
    file === null
      ? "there is no segue.yaml that could describe it"
      : names.length === 0
        ? "segue.yaml has none under `environments`"
        : `segue.yaml does not describe it${suggestion(name, names)}`;
  throw new SegueError("SEG0501", { message: `the environment \`${name}\` is unknown: ${why}` });
}

/** A path as messages show it. */
function shown(cwd: string, path: string): string {
  return resolve(cwd) === process.cwd() ? relative(cwd, path) || "." : path;
}
