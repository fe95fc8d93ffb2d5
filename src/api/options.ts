import { hostname, userInfo } from "node:os";
import type { SegueEvent } from "../model/events.ts";
import type { PartialSettings } from "../model/settings.ts";

/** How a Segue finds its database, its plans and its listener. Everything is optional. */
export interface SegueOptions {
  /** Beats every environment variable. */
  readonly url?: string | undefined;
  /** The environment of segue.yaml. */
  readonly environment?: string | undefined;
  /** Path of segue.yaml; else it is looked for upward from `cwd`. */
  readonly config?: string | undefined;
  readonly plans?: string | undefined;
  readonly schema?: string | undefined;
  /**
   * Beats the plan's settings and segue.yaml's, also those that a rollout in flight began with. Durations are milliseconds.
   * What was compiled when it began stays as it was: the soak, `user_triggers`.
   */
  readonly settings?: PartialSettings | undefined;
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Who is recorded as having asked; default `user@host`. */
  readonly actor?: string | undefined;
  readonly onEvent?: ((event: SegueEvent) => void) | undefined;
  /** Told once, before the first statement: where the connection comes from and to what it leads. */
  readonly onConnect?: ((connection: ConnectionInfo) => void) | undefined;
}

/** What people must see before anything happens: which database, by whose word. */
export interface ConnectionInfo {
  readonly source: string;
  /** Without a password. */
  readonly target: string;
  readonly environment: string | null;
  readonly serverVersion: string;
  readonly warnings: readonly string[];
}

/** What every verb that runs takes. */
export interface VerbOptions {
  /** Aborted: the running batch is finished and its cursor saved; SEG0309. */
  readonly signal?: AbortSignal | undefined;
  /** Aborted: the running statement is cancelled too. */
  readonly kill?: AbortSignal | undefined;
}

/** The actor of a process that was given none. */
export function defaultActor(): string {
  return `${userInfo().username}@${hostname()}`;
}

let runs = 0;

/** How a run is named in the lease: its host and process, and the number of the run if the process has several. */
export function ownerName(): string {
  runs += 1;
  return `${hostname()}:${process.pid}${runs === 1 ? "" : `/${runs}`}`;
}
