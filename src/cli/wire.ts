/** The version of what `--json` prints; raised when a field changes its meaning or goes. */
const SCHEMA_VERSION = 1;

/** Values under these keys are the journal's or a person's own: their keys are not ours to rename. */
const VERBATIM = new Set(["detail", "content"]);

/** One line of `--json`: an object with `type`, `time` and `schema_version`, its keys in snake_case. */
export function wireLine(type: string, fields: object, now: Date = new Date()): string {
  const { type: _, ...body } = snakeCased(fields) as Record<string, unknown>;
  return `${JSON.stringify({ type, time: now.toISOString(), schema_version: SCHEMA_VERSION, ...body })}\n`;
}

/** A copy with all keys in snake_case. */
function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      VERBATIM.has(key) ? inner : snakeCased(inner),
    ]),
  );
}
