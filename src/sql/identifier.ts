import { createHash } from "node:crypto";
import { SegueError } from "../model/errors.ts";
import { parts } from "../model/fields.ts";
import type { RelationName } from "../model/relation.ts";
import { QUOTED_KEYWORDS } from "./keywords.ts";

/** The longest name that PostgreSQL keeps whole (NAMEDATALEN - 1), in bytes of UTF-8. */
export const MAX_NAME_BYTES = 63;

/** The length of a name in the unit that PostgreSQL limits: bytes of UTF-8. */
export function byteLength(name: string): number {
  return Buffer.byteLength(name, "utf8");
}

/**
 * A name as SQL, quoted where PostgreSQL's own quote_ident() quotes: unless it is plain lower case and no
 * keyword of any supported version.
 *
 * @throws SegueError SEG0101 for a name that PostgreSQL can't hold or would cut in silence.
 */
export function ident(name: string): string {
  if (name === "" || name.includes("\0") || byteLength(name) > MAX_NAME_BYTES) {
    throw new SegueError("SEG0101", {
      message: `${JSON.stringify(name)} can't be a name: a name has 1 to ${MAX_NAME_BYTES} bytes and no NUL`,
      object: name,
    });
  }
  const plain = /^[a-z_][a-z0-9_]*$/.test(name) && !QUOTED_KEYWORDS.has(name);
  return plain ? name : `"${name.replaceAll('"', '""')}"`;
}

/** `schema.name` as SQL, always qualified, so that no search_path changes what it means. */
export function qualified({ schema, name }: RelationName): string {
  return `${ident(schema)}.${ident(name)}`;
}

const HASH_DIGITS = 8;

/**
 * A name for an object that Segue makes: `<prefix><name>_<hash>`, with the readable part cut between characters
 * to keep the whole within {@link MAX_NAME_BYTES}. The hash is of the uncut parts and always there, so two names
 * that differ only past the cut, or two seeds (plans), never share one.
 */
export function deriveName(prefix: string, name: string, seed: string): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([prefix, name, seed]))
    .digest("hex")
    .slice(0, HASH_DIGITS);
  return `${cut(prefix + name, MAX_NAME_BYTES - HASH_DIGITS - 1)}_${hash}`;
}

function cut(text: string, bytes: number): string {
  let kept = "";
  let size = 0;
  for (const character of text) {
    size += byteLength(character);
    if (size > bytes) break;
    kept += character;
  }
  return kept;
}

/**
 * The table that a plan names: `users`, `sales.orders`, `"odd.name"`. Names are literal: `Users` is `"Users"` in SQL.
 *
 * @throws SegueError SEG0001 if the text is no table reference.
 */
export function parseTableName(text: string, defaultSchema: string): RelationName {
  const [first, second] = parts(text) ?? [];
  if (first === undefined) {
    throw new SegueError("SEG0001", {
      message: `${JSON.stringify(text)} is no table: write name or schema.name; a name with a dot in it goes in SQL quotes`,
      object: text,
    });
  }
  return second === undefined ? { schema: defaultSchema, name: first } : { schema: first, name: second };
}

/** A name as a plan writes it: what parseTableName() takes. A part that holds a dot or a quote stands in SQL quotes. */
export function writtenName(parts: readonly string[]): string {
  return parts.map((part) => (/[".]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)).join(".");
}
