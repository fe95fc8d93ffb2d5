import type { Node, RawStmt, ScanToken } from "libpg-query";
import { textOffsets } from "./text-offsets.ts";

type Library = typeof import("libpg-query");
let library: Library | undefined;

/**
 * Loads PostgreSQL 18's own parser (libpg-query, about 60 ms), once. What needs no SQL parsed does not pay for it;
 * everything else in this folder that parses throws until it is loaded.
 */
export async function loadParser(): Promise<void> {
  if (library !== undefined) return;
  const loading = await import("libpg-query");
  await loading.loadModule();
  library = loading;
}

/** A syntax error; the offset is in UTF-16 units of the text that was parsed. */
export interface SyntaxFault {
  readonly message: string;
  readonly offset: number;
}

/** A statement with its extent in bytes of UTF-8; comments before it are no part of it. */
export interface ParsedStatement {
  readonly node: Node;
  readonly start: number;
  /** null: up to the end of the text. */
  readonly length: number | null;
}

/** What one parse came to. */
export type Parsed =
  | { readonly statements: readonly ParsedStatement[]; readonly fault: null }
  | { readonly statements: null; readonly fault: SyntaxFault };

/** Parses any number of statements. */
export function parse(sql: string): Parsed {
  const { parseSync, SqlError } = loaded();
  const nul = sql.indexOf("\0");
  // The parser reads a C string: it would take what stands before the NUL for the whole.
  if (nul !== -1) return { statements: null, fault: { message: "SQL can't hold a NUL", offset: nul } };
  if (sql === "") return { statements: [], fault: null };
  try {
    return { statements: (parseSync(sql).stmts ?? []).flatMap(statement), fault: null };
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const offset = textOffsets(sql).fromCharacter(error.sqlDetails?.cursorPosition ?? 0);
    return { statements: null, fault: { message: error.message, offset } };
  }
}

function statement({ stmt, stmt_location, stmt_len }: RawStmt): ParsedStatement[] {
  if (stmt === undefined) return [];
  return [
    { node: stmt, start: stmt_location ?? 0, length: stmt_len === undefined || stmt_len === 0 ? null : stmt_len },
  ];
}

/** A lexical token with its extent in bytes of UTF-8. */
export interface Token {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly comment: boolean;
}

/** The tokens of a text that parses, comments included. */
export function scan(sql: string): readonly Token[] {
  // libpg-query 18.1.5 does not escape control characters in the JSON that it returns; their place is all that counts here.
  // oxlint-disable-next-line no-control-regex
  const printable = sql.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, " ");
  return loaded()
    .scanSync(printable)
    .tokens.map(({ start, end, text, tokenName }: ScanToken & { text: string; tokenName: string }) => ({
      start: start ?? 0,
      end: end ?? 0,
      text,
      comment: tokenName === "SQL_COMMENT" || tokenName === "C_COMMENT",
    }));
}

function loaded(): Library {
  if (library === undefined) throw new Error("the SQL parser is not loaded: await loadParser() first");
  return library;
}
