import { Worker } from "node:worker_threads";
import pg from "pg";
import { clock } from "./clock.ts";
import type { LoadAnswer, LoadOptions, LoadReport, LoadRequest } from "./load-protocol.ts";
import { OpenLoop } from "./open-loop.ts";
import { percentile } from "./statistics.ts";

/** Plays the application's clients in a process of its own: four point reads to one point update, all prepared. */
const options = JSON.parse(process.argv[2] ?? "{}") as LoadOptions;
const READ = { name: "read", text: "SELECT amount, note FROM orders WHERE id = $1" };
const WRITE = { name: "write", text: "UPDATE orders SET amount = $2 WHERE id = $1" };
const WARM_UP_MS = 1000;

const failed: string[] = [];
const waits: number[] = [];
let measuredFrom = Number.POSITIVE_INFINITY;

const connections = await Promise.all(
  Array.from({ length: options.connections }, async () => {
    const client = new pg.Client({ connectionString: options.url, application_name: "segue bench client" });
    client.on("error", (error) => failed.push(error.message));
    await client.connect();
    await client.query({ ...READ, values: [1] });
    return client;
  }),
);

async function transact(client: pg.Client): Promise<void> {
  const id = 1 + Math.floor(Math.random() * options.rows);
  const query =
    Math.random() < 0.8
      ? { ...READ, values: [id] }
      : { ...WRITE, values: [id, `${Math.floor(Math.random() * 9999)}.25`] };
  try {
    await client.query(query);
  } catch (error) {
    failed.push(error instanceof Error ? error.message : String(error));
  }
}

const loop = new OpenLoop({
  connections,
  serve: transact,
  served: ({ due, answered }) => {
    if (due >= measuredFrom) waits.push(answered - due);
  },
  now: clock,
});
const cell = new Int32Array(new SharedArrayBuffer(4));
const metronome = new Worker(new URL("./metronome.js", import.meta.url), { workerData: { rate: options.rate, cell } });
metronome.on("message", (due: number) => loop.arrive(due));

const answer = (message: LoadAnswer): void => void process.send?.(message);

process.on("message", (request: LoadRequest) => {
  if (request === "begin") measuredFrom = clock();
  else void end();
});
setTimeout(() => answer("ready"), WARM_UP_MS);

async function end(): Promise<void> {
  Atomics.store(cell, 0, 1);
  Atomics.notify(cell, 0);
  await new Promise((resolve) => metronome.once("exit", resolve));
  await loop.drain();
  await Promise.all(connections.map((client) => client.end()));
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number): number => percentile(sorted, share) ?? 0;
  const report: LoadReport = {
    transactions: sorted.length,
    failed,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    longest: at(1),
  };
  answer(report);
  process.disconnect();
}
