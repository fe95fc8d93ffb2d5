import { createHash } from "node:crypto";

/** SHA-256 (hex) of parsed content: the same for any comments, indentation or order of keys. The order of lists counts. */
export function planHash(content: unknown): string {
  return createHash("sha256").update(canonicalJson(content)).digest("hex");
}

/** JSON with sorted keys and no spaces. Numbers are as JavaScript writes them, so `1.0` and `1` are one. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const entries = Object.entries(value).filter(([, inside]) => inside !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, inside]) => `${JSON.stringify(key)}:${canonicalJson(inside)}`).join(",")}}`;
}
