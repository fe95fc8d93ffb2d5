import type { BackfillEvent, FillContext } from "../../../src/backfill/context.ts";
import { runFill } from "../../../src/backfill/run-fill.ts";
import { DEFAULT_SETTINGS, type ThrottleSettings } from "../../../src/model/settings.ts";
import { until } from "../../support/until.ts";
import { centsOf, fillContext, type Queryable, type TestContext, WRONG } from "../fill-database.ts";

/** Settings of a fill that watches nothing but what is given. */
export function watching(throttle: Partial<ThrottleSettings>): FillContext["settings"] {
  const nothing = { ...DEFAULT_SETTINGS.backfill.throttle, replica_lag: null, waiting_sessions: null };
  return { ...DEFAULT_SETTINGS.backfill, throttle: { ...nothing, ...throttle } };
}

export interface Held {
  readonly context: TestContext;
  /** The reason of the first stop. */
  readonly reason: string;
  /** How many rows are filled. */
  readonly filled: () => Promise<number>;
  readonly events: (type: BackfillEvent["type"]) => readonly BackfillEvent[];
}

/**
 * Fills `payments` under a throttle, does something once the fill has stopped, and waits for its end.
 *
 * @returns what was told on the way
 */
export async function heldFill(
  database: Queryable,
  throttle: Partial<ThrottleSettings>,
  mend: (held: Held) => Promise<unknown>,
  changes: Partial<FillContext> = {},
): Promise<readonly BackfillEvent[]> {
  const context = await fillContext(database, { settings: watching(throttle), ...changes });
  const filling = runFill(context, centsOf("payments"));
  let ended: Error | undefined;
  filling.then(
    () => (ended = new Error("the fill ended without a stop")),
    (error: Error) => (ended = error),
  );
  const stop = () => context.events.find((event) => event.type === "throttled" && event.level === "stop");
  await until(async () => {
    if (ended !== undefined) throw ended;
    return stop() !== undefined;
  });
  const told = stop();
  await mend({
    context,
    reason: told?.type === "throttled" ? told.reason : "",
    filled: async () => {
      const [row] = await database.query<{ n: number }>("SELECT count(cents)::int AS n FROM payments");
      return row?.n ?? 0;
    },
    events: (type) => context.events.filter((event) => event.type === type),
  });
  await filling;
  const [row] = await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM payments WHERE ${WRONG}`);
  if (row?.n !== 0) throw new Error(`${row?.n} rows are wrong`);
  return context.events.filter((event) => event.type !== "progress" && event.type !== "swept");
}
