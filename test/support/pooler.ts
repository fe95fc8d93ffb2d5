import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import pg from "pg";
import type { Duplex } from "node:stream";

/** A pooler in front of a database. */
export interface Pooler {
  readonly url: string;
  close(): Promise<void>;
}

interface Backend {
  readonly client: pg.Client;
  readonly stream: Duplex;
}

/**
 * What PgBouncer does as far as a client can tell: it answers the login itself, with a process id of its own, and lends
 * a server connection, the last one given back first, until the client leaves (`session`), or until its
 * transaction ends (`transaction`). Speaks the simple and the extended protocol, without TLS.
 */
export async function startPooler(url: string, mode: "session" | "transaction", size = 3): Promise<Pooler> {
  const backends = await Promise.all(Array.from({ length: size }, () => openBackend(url)));
  const free = [...backends];
  const waiting: ((backend: Backend) => void)[] = [];
  const lend = async (): Promise<Backend> => free.pop() ?? new Promise((resolve) => waiting.push(resolve));
  const giveBack = (backend: Backend): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(backend);
    else next(backend);
  };

  let clients = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    clients += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    serve(socket, 1_000_000_000 + clients, mode, lend, giveBack);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const own = new URL(url);
  own.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: own.href,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      for (const { stream } of backends) stream.destroy();
      await Promise.all(backends.map(({ client }) => client.end()));
    },
  };
}

function serve(
  socket: Socket,
  pid: number,
  mode: "session" | "transaction",
  lend: () => Promise<Backend>,
  giveBack: (backend: Backend) => void,
): void {
  let backend: Backend | null = null;
  let lending: Promise<void> = Promise.resolve();
  let startup = true;
  const toClient = (data: Buffer): void => {
    socket.write(data);
    // ReadyForQuery, idle: always the last message of an answer.
    const idle = data.length >= 6 && data.subarray(-6).equals(Buffer.from([0x5a, 0, 0, 0, 5, 0x49]));
    if (idle && mode === "transaction") release();
  };
  const release = (): void => {
    if (backend === null) return;
    backend.stream.removeListener("data", toClient);
    giveBack(backend);
    backend = null;
  };
  socket.on("data", (data) => {
    if (startup) {
      startup = false;
      socket.write(login(pid));
      return;
    }
    if (data[0] === 0x58 /* Terminate */) return;
    lending = lending.then(async () => {
      if (backend === null) {
        backend = await lend();
        backend.stream.on("data", toClient);
      }
      backend.stream.write(data);
    });
  });
  socket.on("close", () => void lending.then(release));
}

async function openBackend(url: string): Promise<Backend> {
  const client = new pg.Client({ connectionString: url, application_name: "test pooler" });
  client.on("error", () => undefined);
  await client.connect();
  const { stream } = client.connection;
  stream.removeAllListeners("data");
  // So that data of a connection that nobody has borrowed is dropped, and none is buffered for the next borrower.
  stream.resume();
  return { client, stream };
}

/** AuthenticationOk, BackendKeyData, ReadyForQuery. */
function login(pid: number): Buffer {
  const message = Buffer.alloc(9 + 13 + 6);
  message.write("R", 0);
  message.writeInt32BE(8, 1);
  message.write("K", 9);
  message.writeInt32BE(12, 10);
  message.writeInt32BE(pid, 14);
  message.write("Z", 22);
  message.writeInt32BE(5, 23);
  message.write("I", 27);
  return message;
}
