import type { ThrottleSettings } from "../../model/settings.ts";
import type { Session } from "../../postgres/session.ts";
import { judged } from "./judged.ts";
import { readCatalogSignals, readRights } from "./read-catalog-signals.ts";
import { SessionSignals } from "./session-signals.ts";
import type { Verdict } from "./signal.ts";
import { signalsOf } from "./signals-of.ts";

export interface CheckedSignal {
  /** As the settings name it. */
  readonly name: string;
  readonly verdict: Verdict;
}

/** Reads each signal that the settings turn on once, as a fill would, and says what it came to. */
export async function checkSignals(
  observer: Session,
  openProbe: () => Promise<Session>,
  throttle: ThrottleSettings,
): Promise<readonly CheckedSignal[]> {
  const signals = signalsOf(throttle, "segue/");
  const catalog = signals.filter((signal) => signal.source === "catalog");
  const queries = new SessionSignals(
    signals.filter((signal) => signal.source === "session"),
    openProbe,
  );
  try {
    await queries.refresh();
    const readings =
      catalog.length === 0 ? null : await readCatalogSignals(observer, catalog, await readRights(observer));
    return [
      ...catalog.map((signal) => ({ name: signal.name, verdict: judged(signal, readings, false) })),
      ...queries.verdicts(() => false).map(([name, verdict]) => ({ name, verdict })),
    ];
  } finally {
    await queries.close();
  }
}
