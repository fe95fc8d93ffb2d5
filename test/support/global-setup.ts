import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startTestServer } from "./servers.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where a test file asks for a server: `<broker>/<major>`, answered with its url once it runs. */
    broker: string;
    /** Begins the name of every database of this run. */
    run: string;
    /** The majors to test on, ascending. */
    majors: number[];
    /** The major of a test that names none. */
    major: number;
  }
}

interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves PostgreSQL servers to the test files, each started when a test first asks for it, so that a run of pure unit
 * tests starts none. `SEGUE_TEST_URL` names a server to use instead, `SEGUE_TEST_POSTGRES=container` starts containers.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env["SEGUE_TEST_URL"];
  const majors = given === undefined ? majorsFromEnvironment() : [await majorOf(given)];
  const major = Number(process.env["SEGUE_TEST_MAJOR"] ?? majors.at(-1));
  const run = `segue_${randomBytes(4).toString("hex")}`;
  const servers = new Map<number, Promise<TestServer>>();
  const serverOf = (wanted: number): Promise<TestServer> => {
    const server = servers.get(wanted) ?? (given === undefined ? startServer(wanted) : givenServer(given, run));
    servers.set(wanted, server);
    return server;
  };

  // The answer holds a superuser's password, and any local user reaches a loopback port: hence the secret path.
  const secret = randomBytes(16).toString("hex");
  const broker = createServer((request, response) => {
    const [, key, wanted] = (request.url ?? "").split("/");
    if (key !== secret) {
      response.writeHead(404).end();
      return;
    }
    serverOf(Number(wanted)).then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }).listen(0, "127.0.0.1");
  await once(broker, "listening");

  project.provide("broker", `http://127.0.0.1:${(broker.address() as AddressInfo).port}/${secret}`);
  project.provide("run", run);
  project.provide("majors", majors);
  project.provide("major", major);
  return async () => {
    broker.close();
    broker.closeAllConnections();
    const started = await Promise.allSettled(servers.values());
    await Promise.all(started.flatMap((server) => (server.status === "fulfilled" ? [server.value.stop()] : [])));
  };
}

function majorsFromEnvironment(): number[] {
  const majors = (process.env["SEGUE_TEST_MAJORS"] ?? "14,18").split(",").map(Number);
  if (majors.some((major) => !Number.isInteger(major))) throw new Error("SEGUE_TEST_MAJORS is a list such as 14,18");
  return majors.toSorted((a, b) => a - b);
}

async function startServer(major: number): Promise<TestServer> {
  if (process.env["SEGUE_TEST_POSTGRES"] !== "container") return startTestServer({ major });
  const { startContainer } = await import("./container.ts");
  return startContainer(major);
}

/** A server that outlives the run: what the run left on it, its templates, is dropped at the end. */
async function givenServer(url: string, run: string): Promise<TestServer> {
  const stop = () =>
    withClient(url, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        "select datname as name from pg_database where starts_with(datname, $1)",
        [`${run}_`],
      );
      for (const { name } of rows) {
        await client.query(`alter database ${name} is_template false`);
        await client.query(`drop database ${name} with (force)`);
      }
    });
  return { url, stop };
}

const majorOf = (url: string): Promise<number> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ version: number }>(
      "select current_setting('server_version_num')::int as version",
    );
    return Math.floor((rows[0]?.version ?? 0) / 10_000);
  });

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
