/** Milliseconds, for reasons: `45 ms`, `6.1 s`, `12 min`. */
export function time(ms: number): string {
  if (ms < 1_000) return `${round(ms)} ms`;
  if (ms < 120_000) return `${round(ms / 1_000)} s`;
  return `${round(ms / 60_000)} min`;
}

/** Bytes, for reasons: `812 kB`, `1.5 GB`. */
export function bytes(value: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
  return `${round(value / 1024 ** power)} ${units[power] ?? ""}`;
}

/** A plain number. */
export function plain(value: number): string {
  return String(Number(value.toFixed(3)));
}

/** To one digit behind the point where that says something. */
function round(value: number): number {
  return value < 100 ? Number(value.toFixed(1)) : Math.round(value);
}
