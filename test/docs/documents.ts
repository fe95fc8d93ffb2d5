import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A fenced block of a document. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** Of its first line of text, from 1. */
  readonly line: number;
}

export interface Document {
  /** From the root: `docs/sync.md`. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Without the fenced blocks. */
  readonly prose: string;
}

/** README.md and everything in docs/. */
export function documents(): readonly Document[] {
  const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
  return ["README.md", ...docs.filter((path) => path.endsWith(".md")).map((path) => `docs/${path}`)].map(read);
}

export function read(path: string): Document {
  const text = readFileSync(join(root, path), "utf8");
  const fence = /^```(\w*)\n([^]*?)^```$/gm;
  const blocks = [...text.matchAll(fence)].map(({ 1: language = "", 2: body = "", index }) => ({
    language,
    text: body,
    line: text.slice(0, index).split("\n").length + 1,
  }));
  return { path, text, blocks, prose: text.replaceAll(fence, "") };
}
