import { SegueError } from "../model/errors.ts";
import { type ConnectionParameters, parseConnectionUrl } from "./connection-url.ts";
import type { Config } from "./load-config.ts";

type Variables = Readonly<Record<string, string | undefined>>;

export interface ConnectionRequest {
  readonly flagUrl?: string | undefined;
  readonly env: Variables;
  /** The variables of `.env` (readDotenv); they never override `env`. */
  readonly dotenv?: Readonly<Record<string, string>>;
  readonly config: Pick<Config, "database" | "environment">;
}

export interface ConnectionSource {
  readonly parameters: ConnectionParameters;
  readonly source: string;
  readonly hasUrlPassword: boolean;
}

/** libpq's variables for the parameters that are used. */
const VARIABLES = {
  host: "PGHOST",
  port: "PGPORT",
  dbname: "PGDATABASE",
  user: "PGUSER",
  password: "PGPASSWORD",
  passfile: "PGPASSFILE",
  sslmode: "PGSSLMODE",
  sslrootcert: "PGSSLROOTCERT",
  sslcert: "PGSSLCERT",
  sslkey: "PGSSLKEY",
  sslnegotiation: "PGSSLNEGOTIATION",
  channel_binding: "PGCHANNELBINDING",
  connect_timeout: "PGCONNECT_TIMEOUT",
  options: "PGOPTIONS",
  target_session_attrs: "PGTARGETSESSIONATTRS",
} as const satisfies Partial<Record<keyof ConnectionParameters, string>>;

/** With a meaning that would be lost if they were passed over. */
const REFUSED = ["PGSERVICE", "PGHOSTADDR", "PGREQUIREAUTH", "PGREQUIREPEER", "PGSSLCRL", "PGSSLCRLDIR"];

/**
 * Which of the ways to name a database is taken, and all the parameters that come of it.
 *
 * @throws SegueError SEG0504 if none is; SEG0501 if the variable that segue.yaml names is not set: another database would be taken for it.
 */
export function chooseSource(request: ConnectionRequest): ConnectionSource {
  const { flagUrl, env, dotenv = {} } = request;
  const set = (variables: Variables, name: string): string | undefined =>
    variables[name] === "" ? undefined : variables[name];
  // A variable that is set but empty hides the one of .env, as it does for Node.
  const either = (name: string): string | undefined =>
    set(Object.hasOwn(env, name) && env[name] !== undefined ? env : dotenv, name);
  const refused = REFUSED.find((name) => either(name) !== undefined);
  if (refused !== undefined)
    throw fail(
      `${refused} is set, and is not supported`,
      "Unset it, and name the database with --url or DATABASE_URL.",
    );

  const fromEnvironment = Object.fromEntries(
    Object.entries(VARIABLES).flatMap(([parameter, name]) =>
      either(name) === undefined ? [] : [[parameter, either(name)]],
    ),
  ) as ConnectionParameters;
  const url =
    flagUrl === undefined
      ? chooseVariable(
          request,
          (name) => set(env, name),
          (name) => (Object.hasOwn(env, name) && env[name] !== undefined ? undefined : set(dotenv, name)),
        )
      : { source: "--url", text: flagUrl };
  if (url !== null) {
    const parameters = parseConnectionUrl(url.text, url.source);
    return {
      parameters: { ...fromEnvironment, ...parameters },
      source: url.source,
      hasUrlPassword: parameters.password !== undefined,
    };
  }
  if (["PGHOST", "PGPORT", "PGDATABASE", "PGUSER"].some((name) => either(name) !== undefined))
    return { parameters: fromEnvironment, source: "PG*", hasUrlPassword: false };
  throw new SegueError("SEG0504", {
    message: "no database is named",
    next: "Give --url, or set DATABASE_URL (in the environment or in .env).",
  });
}

/** The process's own variables in their order, then those of `.env`: it never overrides. */
function chooseVariable(
  { config }: ConnectionRequest,
  own: (name: string) => string | undefined,
  dotenv: (name: string) => string | undefined,
): { source: string; text: string } | null {
  const { urlEnv, ofEnvironment } = config.database;
  const named = urlEnv === null ? [] : [urlEnv];
  // An environment that was asked for by name must not lose to DIRECT_URL, which belongs to another one.
  const order = ofEnvironment
    ? ["SEGUE_DATABASE_URL", ...named]
    : ["SEGUE_DATABASE_URL", "DIRECT_URL", ...named, "DATABASE_URL"];
  for (const name of order) {
    const text = own(name);
    if (text !== undefined) return { source: name, text };
  }
  for (const name of order) {
    const text = dotenv(name);
    if (text !== undefined) return { source: `${name} (.env)`, text };
  }
  if (urlEnv === null || (urlEnv === "DATABASE_URL" && !ofEnvironment)) return null;
  const by = ofEnvironment ? `the environment \`${config.environment ?? ""}\`` : "segue.yaml";
  throw fail(`${by} names the variable ${urlEnv} for the database, and it is not set`, `Set ${urlEnv}, or give --url.`);
}

function fail(message: string, next: string): SegueError {
  return new SegueError("SEG0501", { message, next });
}
