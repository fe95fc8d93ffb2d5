import type { Readings } from "./read-catalog-signals.ts";
import { type CatalogSignal, unreadable, type Verdict } from "./signal.ts";

/** What a signal says of what was read of it. */
export function judged(signal: CatalogSignal, readings: Readings | null, standing: boolean): Verdict {
  const reading = readings?.values.get(signal.name);
  if (readings === null || reading === undefined) return unreadable(signal.name, "it was not read");
  return "error" in reading
    ? unreadable(signal.name, reading.error.message)
    : signal.judge(reading.value, standing, readings.rights);
}
