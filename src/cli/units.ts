/** Milliseconds, for people: `8 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function elapsed(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return both(Math.floor(seconds / 60), "min", seconds % 60, "s");
  if (seconds < 172_800) return both(Math.floor(seconds / 3_600), "h", Math.floor((seconds % 3_600) / 60), "min");
  return both(Math.floor(seconds / 86_400), "d", Math.floor((seconds % 86_400) / 3_600), "h");
}

function both(large: number, unit: string, small: number, smaller: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smaller}`;
}

/** Seconds as a range: `7-9 min`. */
export function range(least: number, most: number): string {
  const [size, unit] =
    most < 90 ? [1, "s"] : most < 5_400 ? [60, "min"] : most < 129_600 ? [3_600, "h"] : [86_400, "d"];
  const [from, to] = [Math.max(1, Math.floor(least / size)), Math.max(1, Math.ceil(most / size))];
  return from === to ? `${to} ${unit}` : `${from}-${to} ${unit}`;
}

/** A count, to three digits: `812`, `41k`, `29.9M`. */
export function count(number: number): string {
  for (const [size, unit] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (number >= size) return `${(number / size).toFixed(number >= 100 * size ? 0 : 1).replace(/\.0$/, "")}${unit}`;
  }
  return String(Math.round(number));
}

/** A number of things: `1 plan`, `2 plans`. */
export function counted(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

/** A time to the second: `2026-11-22 10:15:00Z`. */
export function moment(time: Date): string {
  return time
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
}

/** Bytes as PostgreSQL's pg_size_pretty() writes them. */
export function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 10_240 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${Math.round(value)} ${units[unit] ?? ""}`;
}
