import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from "yaml";
import type { Problem } from "../model/errors.ts";
import type { SourceFile } from "./source-file.ts";
import { syntaxProblem } from "./yaml-syntax.ts";

const MAX_BYTES = 1_048_576;
const MAX_ALIASES = 50;

/** A YAML file that holds one mapping, with the place of each of its nodes. */
export interface YamlFile {
  readonly source: SourceFile;
  readonly document: Document;
  readonly root: YAMLMap;
  readonly content: Readonly<Record<string, unknown>>;
}

export type YamlResult =
  | { readonly ok: true; readonly file: YamlFile }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Parses YAML 1.2 strictly: one document, a mapping at the top, no duplicate keys, no tags, no number that
 * JavaScript would round, no aliases that contain themselves or explode, at most 1 MiB.
 */
export function readYaml(source: SourceFile, what: string): YamlResult {
  const refused = (...problems: Problem[]): YamlResult => ({ ok: false, problems });
  const bytes = Buffer.byteLength(source.text);
  if (bytes > MAX_BYTES)
    return refused({ message: `${what} is at most 1 MiB; this file has ${bytes} bytes`, at: source.position(0) });

  const document = parseDocument(source.text, {
    prettyErrors: false,
    stringKeys: true,
    version: "1.2",
    logLevel: "error",
  });
  const syntax = syntaxProblem(document, source);
  if (syntax.length > 0) return refused(...syntax);

  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null))
    return refused(source.problem(0, `the file is empty; ${what} is a mapping`));
  if (!isMap(root))
    return refused(
      source.problem(
        startOf(root),
        `${what} is a mapping of keys to values, not ${isSeq(root) ? "a list" : "a single value"}`,
      ),
    );

  const problems = [...aliasProblems(document, source), ...numberProblems(document, source)];
  if (problems.length > 0) return refused(...problems);
  try {
    const content = document.toJS({ maxAliasCount: MAX_ALIASES }) as Record<string, unknown>;
    return { ok: true, file: { source, document, root, content } };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return refused(
      source.problem(0, "the aliases (`*name`) of this file multiply into too much; write the values out"),
    );
  }
}

/** The node that a path leads to, and its key; where the path ends early, the deepest node that there is. */
export function nodeAt(
  file: YamlFile,
  path: readonly (string | number)[],
): { readonly node: Node; readonly key: Node | null; readonly found: boolean } {
  let node: Node = file.root;
  let key: Node | null = null;
  for (const part of path) {
    const here: Node | undefined = isAlias(node) ? node.resolve(file.document) : node;
    const pair: Pair | undefined = isMap(here) ? pairOf(here, String(part)) : undefined;
    const next: unknown =
      pair !== undefined ? pair.value : isSeq(here) && typeof part === "number" ? here.items[part] : undefined;
    if (pair === undefined && next === undefined) return { node, key, found: false };
    key = (pair?.key as Node | undefined) ?? null;
    // `key:` with nothing behind it has a value without a range: the key is the place to show.
    node = (next as Node | null) ?? key ?? node;
  }
  return { node, key, found: true };
}

/** The offset of what a path leads to: its value, or its key. */
export function offsetAt(file: YamlFile, path: readonly (string | number)[], part: "key" | "value"): number {
  const { node, key } = nodeAt(file, path);
  const empty = isScalar(node) && node.range != null && node.range[0] === node.range[1];
  return startOf((part === "key" || empty) && key !== null ? key : node);
}

/** The text of a plain scalar as the file has it: `1.0`, where the value is the number 1. */
export function writtenAt(file: YamlFile, path: readonly (string | number)[]): string | undefined {
  const { node, found } = nodeAt(file, path);
  return found && isScalar(node) && node.source !== undefined ? node.source : undefined;
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === name);
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function aliasProblems(document: Document, source: SourceFile): Problem[] {
  const problems: Problem[] = [];
  let count = 0;
  visit(document, {
    Alias(_, alias: Alias, ancestors) {
      count++;
      const target = alias.resolve(document);
      if (target === undefined)
        problems.push(
          source.problem(
            startOf(alias),
            `\`*${alias.source}\` names no anchor before it; a value that begins with * goes in quotes`,
          ),
        );
      else if (isCollection(target) && ancestors.includes(target))
        problems.push(source.problem(startOf(alias), `\`*${alias.source}\` contains itself`));
      else if (count === MAX_ALIASES + 1)
        problems.push(source.problem(startOf(alias), `more than ${MAX_ALIASES} aliases; write the values out`));
    },
  });
  return problems;
}

function numberProblems(document: Document, source: SourceFile): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value !== "number" || scalar.source === undefined || isExact(scalar.value, scalar.source))
        return;
      problems.push(
        source.problem(
          startOf(scalar),
          `${scalar.source} can't be held exactly as a YAML number; put it in quotes: "${scalar.source}"`,
        ),
      );
    },
  });
  return problems;
}

/** 15 significant digits are what a double keeps of any decimal number. */
function isExact(value: number, written: string): boolean {
  if (!Number.isFinite(value)) return false;
  if (/^[-+]?0[xo]/.test(written)) return Number.isSafeInteger(value);
  const digits = written.replace(/e.*$/i, "").replace(/[-+.]/g, "").replace(/^0+/, "").replace(/0+$/, "");
  return digits.length <= 15;
}
