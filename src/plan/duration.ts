const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** `250ms`, `5s`, `10m`, `24h`, `7d` in milliseconds; null for anything else, and for a length over 10 years. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text);
  const unit = UNITS.find(([name]) => name === match?.[2]);
  if (match === null || unit === undefined) return null;
  const length = Number(match[1]) * unit[1];
  return length <= 3653 * 86_400_000 ? length : null;
}

/** Milliseconds in the largest unit that holds them exactly; the inverse of parseDuration. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  const [name, size] = UNITS.find(([, length]) => milliseconds % length === 0) ?? (["ms", 1] as const);
  return `${Math.round(milliseconds / size)}${name}`;
}
