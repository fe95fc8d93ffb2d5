import type { SegueEvent } from "../index.ts";
import { printable } from "./printable.ts";
import { count, elapsed, range, size } from "./units.ts";

export type ProgressEvent = Extract<SegueEvent, { type: "progress" }>;

const CELLS = 10;
const STAGES: Readonly<Record<ProgressEvent["stage"], string>> = {
  fill: "filling",
  sweep: "checking",
  verify: "verifying",
};

/** `users  ████████░░  62.1%  29.9M rows  41k rows/s  ETA 7-9 min`. */
export function progressText(event: ProgressEvent): string {
  const share = event.total === 0 ? 1 : Math.min(1, event.done / event.total);
  const filled = Math.floor(share * CELLS);
  const parts = [
    `${STAGES[event.stage]} ${printable(event.table)}`,
    "█".repeat(filled) + "░".repeat(CELLS - filled),
    `${(Math.floor(share * 1_000) / 10).toFixed(1)}%`,
    `${count(event.rows)} rows`,
  ];
  if (event.rowsPerSecond !== null && event.rowsPerSecond >= 1) parts.push(`${count(event.rowsPerSecond)} rows/s`);
  if (event.eta !== null) parts.push(`ETA ${range(event.eta.least, event.eta.most)}`);
  if (event.walBytes !== null && event.walBytes > 0) parts.push(`${size(event.walBytes)} WAL`);
  if (event.hotShare !== null) parts.push(`${Math.round(event.hotShare * 100)}% HOT`);
  if (event.lagMs !== null && event.lagMs >= 1_000) parts.push(`lag ${elapsed(event.lagMs)}`);
  return parts.join("  ");
}

/** `  building index: scanning table, 62.1% of 18,004 blocks`. */
export function buildText({ phase, done, total, unit }: Extract<SegueEvent, { type: "build_progress" }>): string {
  if (total === 0) return `  ${printable(phase)}`;
  const share =
    unit === "sessions"
      ? `${done} of ${total} are through`
      : `${(Math.floor((done / total) * 1_000) / 10).toFixed(1)}%`;
  return `  ${printable(phase)}, ${share}`;
}

/** `  reads 12 GB`; nothing for a step that reads no table. */
export function readsText(bytes: number | null): string {
  return bytes === null ? "" : `  reads ${size(bytes)}`;
}
