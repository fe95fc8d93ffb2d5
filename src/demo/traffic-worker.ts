import { parentPort, workerData } from "node:worker_threads";
import { ApplicationClient } from "../index.ts";
import type { Version } from "./application-version.ts";
import { checkRows } from "./check-rows.ts";
import { Latencies } from "./latencies.ts";
import { Ledger } from "./ledger.ts";
import { openingCustomer, openingOrder } from "./shop.ts";
import type { Shop } from "./shop-actions.ts";
import { TrafficClient } from "./traffic-client.ts";
import type { TrafficAnswer, TrafficCounts, TrafficOptions, TrafficRequest } from "./traffic-protocol.ts";

// The thread of the application: its clock is not held up by what else the demo does.

const MOST_COMPLAINTS = 10;
const options = workerData as TrafficOptions;
const { url, size, connections } = options;
const latencies = new Latencies();
const complaints: string[] = [];
let clients: TrafficClient[] = [];
let failed = 0;
let mismatches = 0;
let stalePlans = 0;

const complain = (what: string): void => {
  if (complaints.length < MOST_COMPLAINTS) complaints.push(what);
};
const shop: Shop = {
  customers: new Ledger(size.customers, openingCustomer),
  orders: new Ledger(size.orders, (id) => openingOrder(id, size)),
  mismatch(what) {
    mismatches += 1;
    complain(what);
  },
};

async function connect(version: Version): Promise<TrafficClient> {
  return await TrafficClient.start({
    url,
    version,
    interval: (1000 * connections) / options.rate,
    shop,
    latencies,
    failed(what) {
      failed += 1;
      complain(what);
    },
  });
}

async function disconnect(client: TrafficClient): Promise<void> {
  await client.stop();
  stalePlans += client.stalePlans;
}

/** As a rolling deploy does: one instance after the other. */
async function deploy(version: Version, wanted: number): Promise<void> {
  const others = clients.filter((client) => client.version !== version);
  for (const other of others.slice(0, Math.max(0, wanted - (clients.length - others.length)))) {
    const successor = await connect(version);
    clients = clients.map((client) => (client === other ? successor : client));
    await disconnect(other);
  }
}

async function check(version: Version): Promise<number> {
  const connection = await ApplicationClient.connect(url, "shop/check");
  try {
    return await checkRows(connection, version, shop);
  } finally {
    await connection.close();
  }
}

function counts(): TrafficCounts {
  return {
    queries: latencies.queries,
    failed,
    longest: latencies.longest,
    stalePlans: stalePlans + clients.reduce((sum, client) => sum + client.stalePlans, 0),
    mismatches,
    complaints,
  };
}

/** @returns the number of rows that were compared */
async function obey(request: TrafficRequest): Promise<number> {
  switch (request.ask) {
    case "start":
      clients = await Promise.all(Array.from({ length: connections }, () => connect(request.version)));
      return 0;
    case "deploy":
      await deploy(request.version, request.connections);
      return 0;
    case "period":
      latencies.period = request.period;
      return 0;
    case "counts":
      return 0;
    case "stop":
      await Promise.all(clients.map(disconnect));
      clients = [];
      return 0;
    case "check":
      return await check(request.version);
    default:
      return request satisfies never;
  }
}

async function answer(request: TrafficRequest): Promise<TrafficAnswer> {
  try {
    const rows = await obey(request);
    const p99 = clients.length > 0 ? null : { before: latencies.p99("before"), during: latencies.p99("during") };
    return { counts: counts(), p99, rows };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on("message", (request: TrafficRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  void answer(request).then((answered) => parentPort?.postMessage(answered));
});
