import type { WireEvent } from "./segue-command.ts";
import type { Summary } from "./summary.ts";
import type { TrafficCounts } from "./traffic-protocol.ts";

/** Tells what the demo does, while it does it: as text for people, or as objects for programs. */
export interface Narrator {
  /** One or two sentences on what comes next, or on what was just seen. */
  caption(text: string): void;
  /** A plan file, as it stands in the folder. */
  file(path: string, text: string): void;
  /** A command as people would type it. */
  command(line: string): void;
  /** What a running `segue` tells. */
  event(event: WireEvent): void;
  /** How a command ended; null: by `kill -9`. */
  exit(code: number | null): void;
  /** How the application fared up to now. */
  traffic(counts: TrafficCounts): void;
  /** What went wrong; the demo ends. */
  failure(message: string): void;
  summary(summary: Summary): void;
}
