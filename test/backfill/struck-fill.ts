import type { FillContext } from "../../src/backfill/context.ts";
import { joinFill } from "../../src/backfill/join-fill.ts";
import { runFill } from "../../src/backfill/run-fill.ts";
import { SegueError } from "../../src/model/errors.ts";
import type { Result } from "../../src/postgres/result.ts";
import type { Session } from "../../src/postgres/session.ts";
import { isConnectionLoss } from "../../src/postgres/sqlstate.ts";
import { until } from "../support/until.ts";
import { centsOf, fillContext, type Queryable, slowly, type TestContext } from "./fill-database.ts";

/** A script that a worker is about to send: a batch, or what it does to its claims. */
export interface Sending {
  /** Counted over all workers and all their sessions. */
  readonly n: number;
  readonly session: Session;
  readonly send: () => Promise<Result[]>;
}

/** What is done about a script instead of sending it. */
export type Strike = (sending: Sending) => Promise<Result[]>;

export interface StruckFill {
  readonly database: Queryable;
  readonly workers: 1 | 2;
  readonly partBlocks: number;
  readonly strike: Strike;
  /** Resolves when the server may be connected to. */
  readonly ready: () => Promise<unknown>;
  readonly emit: FillContext["emit"];
}

/**
 * Fills `payments` to its end, whatever strikes: by a runner, which comes back under another epoch after a lost connection,
 * and by a second worker in a context of its own, which joins it again.
 *
 * @returns how many scripts were sent by each
 */
export async function struckFill(fill: StruckFill): Promise<readonly number[]> {
  const sent = [0, 0];
  let begun = (): void => {};
  const second = new Promise<void>((resolve) => (begun = resolve));
  const watched = (context: TestContext, who: 0 | 1): FillContext => {
    const { session } = context;
    const send = session.script.bind(session);
    session.script = async (sql) => {
      sent[who] = (sent[who] ?? 0) + 1;
      if (who === 1) begun();
      // Neither comes to the end before the other has begun, which waits for the extents: each change of one holds it.
      else if (fill.workers === 2 && sql.includes("segue.hold(")) await second;
      return await fill.strike({ n: sent[0]! + sent[1]!, session, send: () => send(sql) });
    };
    return context;
  };
  const runner = persistently(fill, async (epoch) => {
    const context = await fillContext(fill.database, { epoch, settings: slowly, emit: fill.emit });
    return await runFill(watched(context, 0), centsOf("payments"), { partBlocks: fill.partBlocks });
  });
  const joined = async (): Promise<unknown> => {
    await until(async () => (await fill.database.query("SELECT FROM segue.extent LIMIT 1")).length > 0);
    return await persistently(
      fill,
      async (epoch) => {
        const context = await fillContext(fill.database, { epoch, settings: slowly, emit: fill.emit, joined: true });
        return await joinFill(watched(context, 1), centsOf("payments"));
      },
      "joins",
    );
  };
  await Promise.all([runner, ...(fill.workers === 2 ? [joined()] : [])]);
  return sent;
}

/** As a runner does it that takes its own lease again, or a worker that joins under whatever epoch there is. */
async function persistently(
  { database, ready }: StruckFill,
  work: (epoch: number) => Promise<unknown>,
  how: "leads" | "joins" = "leads",
): Promise<void> {
  const next =
    how === "leads"
      ? "UPDATE segue.rollout SET epoch = epoch + 1 RETURNING epoch::int"
      : "SELECT epoch::int FROM segue.rollout";
  for (;;) {
    await ready();
    try {
      const [row] = await database.query<{ epoch: number }>(next);
      await work(row!.epoch);
      return;
    } catch (error) {
      const wasTakenOver = how === "joins" && error instanceof SegueError && error.code === "SEG0403";
      if (!wasTakenOver && !isConnectionLoss(error)) throw error;
    }
  }
}
