import pg from "pg";

/** Rows are dealt by `id % SHARES`: one share to each client, the last to nobody. */
export const SHARES = 4;
/** The share that no client touches. */
export const SPARE = SHARES - 1;

/** What the clients of a fill have come to. */
export interface ClientsEnd {
  readonly transactions: number;
  /** What failed, but for connections that were lost. */
  readonly errors: readonly unknown[];
}

interface Clients {
  stop(): Promise<ClientsEnd>;
}

/**
 * Clients whose transactions each lock many rows of `payments`, from the last to the first: against the order of a fill,
 * and held from statement to statement. They write both sides, widen and narrow rows so that they move, insert, delete and
 * roll back. No two of them write the same row: a deadlock is one with the fill.
 *
 * @param ready resolves when the server may be connected to
 */
export async function startClients(url: string, rows: number, ready: () => Promise<unknown>): Promise<Clients> {
  const end = { transactions: 0, errors: [] as unknown[] };
  const stop = new AbortController();
  const client = async (share: number): Promise<void> => {
    for (let turn = 0; !stop.signal.aborted;) {
      await ready();
      const session = new pg.Client({ connectionString: url, application_name: `client-${share}` });
      session.on("error", () => undefined);
      try {
        await session.connect();
        for (; !stop.signal.aborted; turn += 1) {
          await transaction(session, share, turn, rows);
          end.transactions += 1;
        }
      } catch (error) {
        if (isLoss(error)) {
          // It may have been committed, and its answer lost: that row is not inserted again.
          turn += 1;
          continue;
        }
        end.errors.push(error);
        return;
      } finally {
        await session.end().catch(() => {});
      }
    }
  };
  const all = Array.from({ length: SPARE }, (_, share) => client(share));
  return {
    async stop() {
      stop.abort();
      await Promise.all(all);
      return end;
    },
  };
}

/** Writes of a client's share of some neighbours, the last first. */
const writes = (share: number, from: number, turn: number): readonly string[] => {
  const rows = (first: number, count: number) =>
    `WHERE id % ${SHARES} = ${share} AND id BETWEEN ${from + first} AND ${from + first + count}`;
  return [
    `UPDATE payments SET amount = ((id + ${turn}) % 1000) || '.25' ${rows(150, 49)}`,
    `UPDATE payments SET cents = id + ${turn} ${rows(100, 49)}`,
    // Wider and narrower by turns: rows come to lie on other pages.
    `UPDATE payments SET note = repeat('y', ${turn % 2 === 0 ? 30 : 330}) ${rows(50, 49)}`,
    ...(turn % 5 === 0 ? [`DELETE FROM payments ${rows(0, 4)}`] : []),
    `UPDATE payments SET amount = amount ${rows(0, 49)}`,
  ];
};

/** Rows within the blocks of one batch, which locks them in the other order. */
async function transaction(session: pg.Client, share: number, turn: number, rows: number): Promise<void> {
  const from = 1 + ((turn * 1_009 + share * 2_503) % (rows - 200));
  await session.query("BEGIN");
  for (const sql of writes(share, from, turn)) await session.query(sql);
  await session.query(
    "INSERT INTO payments (id, customer, created_at, amount, note) VALUES ($1, 1, now(), '7.50', 'new')",
    [rows + 1_000_000 + SHARES * turn + share],
  );
  await session.query(turn % 3 === 0 ? "ROLLBACK" : "COMMIT");
}

/** True for what a client sees of a server that is restarted. */
function isLoss(error: unknown): boolean {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return /^(57P0[123]|0800|ECONN|EPIPE)/.test(code) || /Connection terminated|not queryable/.test(message);
}
