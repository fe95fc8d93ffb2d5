import { readFile, stat } from "node:fs/promises";
import type { Problem } from "../model/errors.ts";

export type TextFile = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: Problem };

/** What is read at most, before a file's own reader gets to say that it is too long. */
const MAX_BYTES = 8 * 1_048_576;

/** Reads a file as UTF-8, strictly: what is not UTF-8 is a problem, never a replacement character. */
export async function readTextFile(path: string): Promise<TextFile> {
  const problem = (message: string): TextFile => ({
    ok: false,
    problem: { message, at: { file: path, line: 1, column: 1 } },
  });
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) return problem(`a plan is at most 1 MiB; this file has ${size} bytes`);
    const bytes = await readFile(path);
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError) return problem("the file is not UTF-8 text");
    if (error instanceof Error && "code" in error) return problem(`the file can't be read: ${String(error.code)}`);
    throw error;
  }
}
