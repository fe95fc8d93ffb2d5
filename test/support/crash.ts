import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import { expect, onTestFinished } from "vitest";
import { createSegue, type Segue, SegueError, type SegueEvent } from "../../src/index.ts";
import { LEASE_MS } from "../../src/journal/lease.ts";
import type { Snapshot } from "../../src/postgres/snapshot.ts";
import { catalogDifference, catalogOf, leftBehind } from "./catalog-diff.ts";
import type { CrashPlan } from "./crash-plans.ts";
import { type TestDatabase, testDatabase } from "./postgres.ts";
import { type RunnerEnd, type RunnerProcess, type RunnerVerb, startRunner } from "./runner-process.ts";
import { until } from "./until.ts";

/**
 * Of so many points one is tried: `SEGUE_CRASH_STRIDE`. 1 tries them all, which takes hours; the default is for every day. It
 * is odd, so that points before and after a statement take turns.
 */
const STRIDE = process.env["SEGUE_CRASH_STRIDE"];

/** The first point less one: `SEGUE_CRASH_OFFSET`, by default another one each day, so that all get their turn. */
const OFFSET = Number(process.env["SEGUE_CRASH_OFFSET"] ?? Math.floor(Date.now() / 86_400_000));

/**
 * Between two points at which something may be committed, a killed process leaves the same database: only those are
 * numbered. `SEGUE_CRASH_SCOPE=all` numbers those of every statement.
 */
export function killedAt(point: number): Readonly<Record<string, string>> {
  return { SEGUE_FAILPOINT: String(point), SEGUE_FAILPOINT_SCOPE: process.env["SEGUE_CRASH_SCOPE"] ?? "commits" };
}

/**
 * Runs `life` for rising points until it says that it came to its end untouched. Returns the points that were tried.
 *
 * @param stride of so many points one is tried, where `SEGUE_CRASH_STRIDE` does not say it
 */
export async function atEveryPoint(
  stride: number,
  life: (point: number) => Promise<"struck" | "untouched">,
): Promise<readonly number[]> {
  const step = Number(STRIDE ?? stride);
  const tried: number[] = [];
  for (let point = 1 + (OFFSET % step); ;) {
    if ((await life(point)) === "struck") {
      tried.push(point);
      point += step;
    } else if (tried.length > 0 || point === 1) {
      return tried;
    } else {
      // The whole life has fewer points than that.
      point = Math.ceil(point / 2);
    }
  }
}

/** A plan in a folder of its own, gone with the test. */
export interface Workplace {
  readonly plan: string;
  readonly folder: string;
  /** Where the last process that was started wrote down its failpoints. */
  readonly log: string;
  /** A fresh database, as it is before the plan. */
  database(): Promise<TestDatabase>;
  /** A fresh database in which the rollout is recorded, and none of its steps done. */
  begunDatabase(): Promise<TestDatabase>;
  /** A fresh database, as far in the plan as it can be while all of it can still be taken back. */
  reversibleDatabase(): Promise<TestDatabase>;
  /** Starts a process that runs verbs of the plan, with settings of the failpoints. */
  start(
    database: TestDatabase,
    verbs: readonly RunnerVerb[],
    env?: Readonly<Record<string, string>>,
  ): Promise<RunnerProcess>;
  /** Runs one in this process. */
  segue(database: TestDatabase): Segue;
}

export const SUCCESS: RunnerEnd = { exitCode: 0, signal: null, error: null };

export async function workplace({ name, files, schema }: CrashPlan): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), "segue-crash-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
  const segue = (url: string): Segue => createSegue({ url, plans: folder, cwd: folder, env: {} });
  const log = join(folder, "points.log");
  // Most plans start from the same schema, and share its template.
  const digest = createHash("md5").update(schema).digest("hex").slice(0, 8);
  const prepared = (state: string, prepare: (plan: string, url: string) => Promise<void>): Promise<TestDatabase> =>
    testDatabase({
      template: {
        name: `crash_${name}_${state}`,
        async script(client) {
          await client.query(schema);
          await prepare(name, urlOf(client));
        },
      },
    });
  return {
    plan: name,
    folder,
    log,
    async start(database, verbs, env = {}) {
      await rm(log, { force: true });
      return startRunner({
        url: database.url,
        plans: folder,
        plan: name,
        verbs,
        env: { SEGUE_FAILPOINT_LOG: log, ...env },
      });
    },
    database: () => testDatabase({ template: { name: `crash_${digest}`, script: schema } }),
    begunDatabase: () =>
      prepared("begun", async (plan, url) => {
        const begun = new AbortController();
        const stop = (event: SegueEvent): void => {
          if (event.type === "lease_taken") begun.abort();
        };
        await begin(plan, createSegue({ url, plans: folder, cwd: folder, env: {}, onEvent: stop }), begun);
      }),
    reversibleDatabase: () => prepared("soaking", (plan, url) => toTheSoak(plan, segue(url))),
    segue: ({ url }) => segue(url),
  };
}

function urlOf({ user, password, host, port, database }: Client): string {
  return `postgres://${user}:${password}@${host}:${port}/${database}`;
}

/** Asked to stop before the first step. */
async function begin(plan: string, segue: Segue, { signal }: AbortController): Promise<void> {
  try {
    await segue.expand(plan, { signal });
  } catch (error) {
    if (codeOf(error) !== "SEG0309") throw error;
  }
}

async function toTheSoak(plan: string, segue: Segue): Promise<void> {
  await segue.expand(plan);
  await segue.backfill(plan);
  try {
    await segue.contract(plan);
  } catch (error) {
    // It drops nothing without a word from a person.
    if (codeOf(error) !== "SEG0306") throw error;
  }
}

/** The verbs from nothing to the end. */
export const WHOLE_LIFE = ["expand", "backfill", "contract"] as const;

/** Goes on in this process, as a person would after a crash: resume, and the verbs that are left. */
export async function finish({ plan }: Workplace, segue: Segue): Promise<void> {
  await resume(plan, segue);
  for (const verb of WHOLE_LIFE) await segue[verb](plan, { yes: true });
}

/** `segue resume`; before the journal is installed there is nothing to resume, and that is what it says. */
export async function resume(plan: string, segue: Segue): Promise<void> {
  await afterDeath(async () => {
    try {
      await segue.resume(plan, { yes: true });
    } catch (error) {
      if (codeOf(error) !== "SEG0206") throw error;
    }
  });
}

/**
 * Runs a verb after another process was killed: refused until the server has noticed, which takes a second where the
 * dead process had a statement running, and never as long as its lease.
 */
export async function afterDeath(verb: () => Promise<unknown>): Promise<void> {
  await until(
    () =>
      verb().then(
        () => true,
        (error: unknown) => {
          if (codeOf(error) !== "SEG0305") throw error;
          return false;
        },
      ),
    LEASE_MS / 2,
  );
}

/** Waits until a process that was told to stop at a failpoint has come there; false if it ended before. */
export async function reached(point: number, runner: RunnerProcess, place: Workplace): Promise<boolean> {
  let over = false;
  void runner.ended.then(() => (over = true));
  const isThere = async (): Promise<boolean> => (await passedPoints(place)).length >= point;
  await until(async () => (await isThere()) || over, 60_000);
  return await isThere();
}

/** Lets the time pass until the lease of a process that hangs has run out. */
export async function expireLease(database: TestDatabase): Promise<void> {
  await database.query("update segue.lease set expires_at = clock_timestamp()");
}

function codeOf(error: unknown): string | undefined {
  return error instanceof SegueError ? error.code : undefined;
}

/** The state of the rollout; null if there is none. */
export async function stateOf(database: TestDatabase): Promise<string | null> {
  const [found] = await database.query<{ installed: boolean }>(
    "select to_regclass('segue.rollout') is not null as installed",
  );
  if (found?.installed !== true) return null;
  const rows = await database.query<{ state: string }>("select state from segue.rollout order by id desc limit 1");
  return rows[0]?.state ?? null;
}

/** What a database must come to, whatever happened on the way. */
export interface Outcome {
  readonly catalog: Snapshot;
  readonly data: Data;
  /** Objects that bear a name of Segue's. */
  readonly left: readonly string[];
}

/** Of each table the number and the digest of its rows. */
export type Data = Readonly<Record<string, string>>;

export async function outcomeOf(database: TestDatabase): Promise<Outcome> {
  return { catalog: await catalogOf(database), data: await dataOf(database), left: await leftBehind(database) };
}

/** Fails unless the database is in this state, with nothing of a rollout left over. */
export async function expectOutcome(
  database: TestDatabase,
  wanted: Outcome,
  state: "completed" | "reversed" | null,
): Promise<void> {
  expect(await catalogDifference(wanted.catalog, database), "the catalog").toEqual([]);
  expect(await dataOf(database), "the data").toEqual(wanted.data);
  expect(await leftBehind(database), "what is left of the rollout").toEqual(wanted.left);
  expect(await stateOf(database), "the rollout").toEqual(state);
  if (state === null) return;
  expect(await database.query("select error from segue.rollout where error is not null"), "errors").toEqual([]);
  const over = state === "completed" ? "('done')" : "('pending', 'undone', 'done')";
  expect(
    await database.query(`select stage, step, state from segue.step where state not in ${over}`),
    "open steps",
  ).toEqual([]);
}

/** Everything that the journal holds, but for the lease's time. */
export async function journalOf(database: TestDatabase): Promise<Data> {
  const names = ["rollout", "step", "extent", "event", "intent", "approval", "quarantine", "witness", "lease"];
  const data: Record<string, string> = {};
  for (const name of names) {
    const [row] = await database.query<{ rows: string }>(
      `select coalesce(json_agg(to_jsonb(t) - 'expires_at' order by t::text), '[]')::text as rows from segue.${name} as t`,
    );
    data[name] = row?.rows ?? "";
  }
  return data;
}

async function dataOf(database: TestDatabase): Promise<Data> {
  const tables = await database.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'segue') order by 1`,
  );
  const found: { name: string; rows: readonly string[] }[] = [];
  for (const { name } of tables) {
    const rows = await database.query<{ text: string }>(`select t::text as text from ${name} as t`);
    found.push({ name, rows: rows.map(({ text }) => text) });
  }
  const known = uuidsByPlace(found);
  return Object.fromEntries(
    found.map(({ name, rows }) => {
      const steady = rows.map((text) => text.replaceAll(UUID, (uuid) => known.get(uuid) ?? "")).toSorted();
      return [name, `${rows.length} rows ${digestOf(steady)}`];
    }),
  );
}

const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;

const digestOf = (lines: readonly string[]): string => createHash("md5").update(lines.join("|")).digest("hex");

/** A random value by another name, which tells in which rows it is, and is the same in every run. */
function uuidsByPlace(
  tables: readonly { readonly name: string; readonly rows: readonly string[] }[],
): ReadonlyMap<string, string> {
  const places = new Map<string, string[]>();
  for (const { name, rows } of tables) {
    for (const text of rows) {
      for (const [uuid] of text.matchAll(UUID)) {
        places.set(uuid, [...(places.get(uuid) ?? []), `${name} ${text.replaceAll(UUID, "uuid")}`]);
      }
    }
  }
  return new Map([...places].map(([uuid, found]) => [uuid, digestOf(found.toSorted())]));
}

/** Fails unless all of the plan was taken back; `state` is null if its rollout had not been recorded yet. */
export async function expectReversed(
  database: TestDatabase,
  { stays }: CrashPlan,
  initial: Outcome,
  state: "reversed" | null = "reversed",
): Promise<void> {
  if (stays !== undefined) await database.query(stays);
  await expectOutcome(database, initial, state);
  if (state === null) return;
  const compared = await database.query("select from segue.event where type = 'catalog compared'");
  expect(compared.length, "comparisons of the catalog after the reversal").toBeGreaterThan(0);
}

/** The failpoints that the last process passed, as its log has them. */
export async function passedPoints({ log }: Workplace): Promise<readonly string[]> {
  const text = await readFile(log, "utf8").catch(() => "");
  return text.split("\n").slice(0, -1);
}

/** Runs `check`, and says of its failure at which statement the process was struck. */
export async function told(point: number, place: Workplace, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    const points = await passedPoints(place);
    const sql = points.find((line) => line.startsWith(`${point}\t`)) ?? points.at(-1);
    const when = point % 2 === 1 ? "before" : "after";
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${place.plan}, struck at point ${point}, ${when}: ${sql}\n${why}`, { cause: error });
  }
}
