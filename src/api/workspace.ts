import { VOCABULARY } from "../compiler/registry.ts";
import { type Config, loadConfig } from "../config/load-config.ts";
import { resolveConnection } from "../config/connection.ts";
import { openTarget } from "../config/open-target.ts";
import { readDotenv } from "../config/dotenv.ts";
import type { Plan } from "../model/plan.ts";
import type { RolloutSettings } from "../model/settings.ts";
import { findPlan } from "../plan/find-plan.ts";
import { completeSettings } from "../plan/merge-settings.ts";
import { readPlans } from "../plan/read-plans.ts";
import { detectPooler, requireDirect } from "../postgres/pooler.ts";
import { readServer, requirePrimary, type Server } from "../postgres/server.ts";
import { openSession, type Session, type SessionTarget } from "../postgres/session.ts";
import { loadParser } from "../sql/parser.ts";
import type { SegueOptions } from "./options.ts";
import { lackingPrivilege } from "./privileges.ts";
import { unreachable } from "./unreachable.ts";

/** A connection that was looked at: it may be worked with. */
export interface Database {
  readonly target: SessionTarget;
  readonly server: Server;
  readonly pooler: "none" | "session" | "transaction";
}

/** One call's surroundings: configuration, plans and database, each read when first asked for. */
export class Workspace {
  readonly options: SegueOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  #config: Promise<Config> | null = null;
  #database: Promise<Database> | null = null;
  #plans: Promise<readonly Plan[]> | null = null;

  constructor(options: SegueOptions) {
    this.options = options;
    this.env = options.env ?? process.env;
  }

  /** @throws SegueError SEG0501 */
  async config(): Promise<Config> {
    const { config, environment, plans, schema } = this.options;
    this.#config ??= loadConfig({
      cwd: this.options.cwd ?? process.cwd(),
      env: this.env,
      flags: { config, env: environment, plans, schema },
    });
    return await this.#config;
  }

  /** @throws SegueError SEG0001, SEG0005 */
  async plans(): Promise<readonly Plan[]> {
    await loadParser();
    this.#plans ??= readPlans((await this.config()).plansFolder, VOCABULARY);
    return await this.#plans;
  }

  /** @throws SegueError SEG0002 if the word fits no plan or several */
  async plan(word: string): Promise<Plan> {
    return findPlan(await this.plans(), word);
  }

  /** The settings of a rollout: defaults, segue.yaml, the plan, and over all of them what this call was given. */
  async settingsOf(plan: Pick<Plan, "settings">): Promise<RolloutSettings> {
    return completeSettings((await this.config()).settings, plan.settings, this.options.settings ?? {});
  }

  /** @throws SegueError SEG0201, SEG0204, SEG0501, SEG0504 */
  async database(): Promise<Database> {
    // A reversal compiles what the journal holds: no file is read, which would have loaded it.
    await loadParser();
    this.#database ??= this.#look();
    return await this.#database;
  }

  /** A database that may be changed: the primary, without a pooler that gives each transaction another session. */
  async primary(): Promise<Database> {
    const database = await this.database();
    requireDirect(database.pooler);
    requirePrimary(database.server);
    return database;
  }

  /** Opens a session for reading the journal or the catalog, and closes it. */
  async reading<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#with(await this.database(), work);
  }

  /** Opens a session on the primary for a short write, and closes it. */
  async writing<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#with(await this.primary(), work, true);
  }

  async #with<T>({ target, pooler }: Database, work: (session: Session) => Promise<T>, failpoints = false): Promise<T> {
    const session = await openSession(target, { applicationName: "segue", failpoints, ...sessionPooler(pooler) });
    try {
      return await work(session);
    } catch (error) {
      throw lackingPrivilege(error, "Nothing changed.");
    } finally {
      await session.close();
    }
  }

  async #look(): Promise<Database> {
    const config = await this.config();
    const resolved = resolveConnection({
      flagUrl: this.options.url,
      env: this.env,
      dotenv: readDotenv(config.folder),
      config,
    });
    const opened = await openTarget(resolved, (options) => openSession(options, { applicationName: "segue" })).catch(
      (error: unknown) => {
        throw unreachable(error, resolved);
      },
    );
    const session = opened.connection;
    try {
      const server = await readServer(session);
      const pooler = session.pooled ? await detectPooler(opened.options) : "none";
      this.options.onConnect?.({
        source: resolved.source,
        target: resolved.redacted,
        environment: config.environment,
        serverVersion: server.version,
        warnings: resolved.warnings,
      });
      return { target: opened.options, server, pooler };
    } finally {
      await session.close();
    }
  }
}

/** What openSession() is told about a pooler that was looked at. */
export function sessionPooler(pooler: Database["pooler"]): { pooler?: "session" } {
  return pooler === "session" ? { pooler } : {};
}
