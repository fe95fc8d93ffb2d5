import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BackfillEvent } from "../../src/backfill/context.ts";
import type { Server } from "../../src/demo/server.ts";
import { MAJORS } from "../support/postgres.ts";
import { startTestServer } from "../support/servers.ts";
import { SHARES, SPARE, startClients } from "./fault-clients.ts";
import { METHODS, type Place, placeOn } from "./fault-place.ts";
import { WRONG } from "./fill-database.ts";
import { type Strike, struckFill } from "./struck-fill.ts";

const ROWS = 6_000;

/** What happens to a fill: a strike before, while or after scripts are sent. */
interface Fault {
  readonly name: string;
  begin(place: Place): Promise<{
    readonly strike: Strike;
    readonly emit?: (event: BackfillEvent) => void;
    /** True once it has happened. */
    readonly struck: () => boolean;
    readonly end?: () => Promise<unknown>;
  }>;
}

/** Does something about every so manieth script, so many times. */
function every(
  period: number,
  times: number,
  strike: (turn: number, sending: Parameters<Strike>[0]) => ReturnType<Strike>,
) {
  let turn = 0;
  return {
    strike: (async (sending) => {
      if (turn >= times || sending.n < period * (turn + 1)) return await sending.send();
      turn += 1;
      return await strike(turn - 1, sending);
    }) satisfies Strike,
    struck: () => turn === times,
  };
}

const FAULTS: readonly Fault[] = [
  {
    name: "a worker's session killed before, in and after its transactions",
    begin: async (place) =>
      every(3, 6, async (turn, { session, send }) => {
        const kill = () => place.query("SELECT pg_terminate_backend($1, 5000)", [session.pid]);
        if (turn % 3 === 0) {
          await kill();
          return await send();
        }
        if (turn % 3 === 1) {
          const sending = send();
          const [outcome] = await Promise.allSettled([sending, kill()]);
          if (outcome.status === "rejected") throw outcome.reason;
          return outcome.value;
        }
        // Committed, and nobody was told.
        await send();
        await kill();
        return await session.script("SELECT 1");
      }),
  },
  {
    name: "the server restarted in the middle, as after a crash",
    begin: async (place) =>
      every(6, 2, async (_, { send }) => {
        const sending = send();
        const [outcome] = await Promise.allSettled([sending, place.crash()]);
        if (outcome.status === "rejected") throw outcome.reason;
        return outcome.value;
      }),
  },
  {
    name: "an old snapshot held",
    begin: async (place) => {
      const analyst = await place.connect("analyst");
      await analyst.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
      await analyst.query("SELECT count(*) FROM payments");
      return { strike: ({ send }) => send(), struck: () => true, end: () => analyst.query("COMMIT") };
    },
  },
  {
    name: "VACUUM FULL in the middle",
    begin: async (place) =>
      every(5, 3, async (_, { send }) => {
        await place.query("VACUUM FULL payments");
        return await send();
      }),
  },
  {
    name: "rows moved between windows",
    begin: async (place) =>
      every(4, 3, async (turn, { send }) => {
        // Room for them in pages that have been passed.
        await place.query(`DELETE FROM payments WHERE id % 40 = ${SPARE}`);
        await place.query("VACUUM payments");
        const late = `id > ${(ROWS * (2 - turn)) / 3}`;
        await place.query(`UPDATE payments SET note = repeat('z', 200) WHERE id % ${SHARES} = ${SPARE} AND ${late}`);
        return await send();
      }),
  },
  {
    name: "hot rows locked until the fill has come back to them",
    begin: async (place) => {
      const holder = await place.connect("holder");
      await holder.query("BEGIN");
      await holder.query(`SELECT FROM payments WHERE id % 2000 = ${SPARE} FOR UPDATE`);
      let free = false;
      const emit = (event: BackfillEvent): void => {
        if (free || event.type !== "locked" || !event.blockers.some(({ application }) => application === "holder"))
          return;
        free = true;
        void holder.query("UPDATE payments SET amount = '3.25' WHERE id = 2003; COMMIT");
      };
      return { strike: ({ send }) => send(), emit, struck: () => free };
    },
  },
];

describe.each(MAJORS)("on PostgreSQL %s", (major) => {
  let server: Server;
  beforeAll(async () => {
    server = await startTestServer({ major });
  });
  afterAll(() => server.stop("immediate"));

  const cases = METHODS.flatMap((method) => FAULTS.map((fault) => ({ method, fault })));
  test.each(cases)("$method.name; $fault.name", async ({ method, fault }) => {
    const place = await placeOn(server, method, ROWS);
    const { strike, emit, struck, end } = await fault.begin(place);
    const clients = await startClients(place.url, ROWS, () => place.ready());
    const sent = await struckFill({
      database: place,
      workers: method.workers,
      partBlocks: method.partBlocks,
      strike,
      ready: () => place.ready(),
      emit: (event) => emit?.(event),
    });
    const { transactions, errors } = await clients.stop();
    await end?.();
    expect(errors).toEqual([]);
    expect(struck()).toBe(true);
    expect(transactions).toBeGreaterThan(3);
    expect(sent.slice(0, method.workers).every((scripts) => scripts > 0)).toBe(true);
    expect(await place.query(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`)).toEqual([{ n: 0 }]);
    expect(await place.query("SELECT count(*)::int - count(DISTINCT id)::int AS again FROM fired")).toEqual([
      { again: 0 },
    ]);
    expect(
      await place.query("SELECT bool_and(state = 'done' AND swept AND owner IS NULL) AS done FROM segue.extent"),
    ).toEqual([{ done: true }]);
    expect(await place.query("SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()")).toEqual(
      [{ deadlocks: 0 }],
    );
  });
});
