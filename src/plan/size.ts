const UNITS = [
  ["TB", 1024 ** 4],
  ["GB", 1024 ** 3],
  ["MB", 1024 ** 2],
  ["kB", 1024],
] as const;

/** `512kB`, `64MB`, `10GB`, `1TB` in bytes, as PostgreSQL means them; null for anything else, and for over 1024 TB. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,9})(kB|MB|GB|TB)$/.exec(text);
  const unit = UNITS.find(([name]) => name === match?.[2]);
  if (match === null || unit === undefined) return null;
  const size = Number(match[1]) * unit[1];
  return size <= 1024 ** 5 ? size : null;
}
