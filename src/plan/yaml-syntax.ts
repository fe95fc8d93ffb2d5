import { type Document, isCollection, isMap, isScalar, visit, type YAMLError } from "yaml";
import type { Problem } from "../model/errors.ts";
import type { SourceFile } from "./source-file.ts";

/**
 * What is wrong with the file as YAML. A syntax error makes noise of all that follows, so only the first is
 * told; duplicate keys are all told, since they disturb nothing.
 */
export function syntaxProblem(document: Document, source: SourceFile): Problem[] {
  const errors = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const first = errors.find(({ code }) => code !== "DUPLICATE_KEY");
  const told = errors.filter(
    (error) =>
      error === first || (error.code === "DUPLICATE_KEY" && (first === undefined || error.pos[0] < first.pos[0])),
  );
  const end = source.text.trimEnd().length;
  const problems = told.map((error) => {
    const message = wording(error, document, source);
    const opening = message.includes(" is not closed") ? unclosed(document, end) : null;
    return source.problem(opening ?? Math.min(error.pos[0], end), message);
  });
  if (first !== undefined) return problems;
  if (document.directives?.yaml.explicit === true)
    problems.push(
      source.problem(
        Math.max(0, source.text.indexOf("%YAML")),
        "a %YAML directive is not supported: plans are YAML 1.2",
      ),
    );
  for (const warning of document.warnings)
    problems.push(
      source.problem(
        warning.pos[0],
        warning.code === "TAG_RESOLVE_FAILED"
          ? "YAML tags (`!name`) are not supported; a value that begins with ! goes in quotes"
          : warning.message,
      ),
    );
  return problems;
}

function wording(error: YAMLError, document: Document, source: SourceFile): string {
  const offset = error.pos[0];
  if (opensWithQuote(source, offset))
    return "the value goes on after its closing quote; put all of it in one pair of quotes, or write it below `|`";
  switch (error.code) {
    case "TAB_AS_INDENT":
      return "a tab can't indent YAML; use spaces";
    case "DUPLICATE_KEY":
      return duplicate(document, source, offset);
    case "MULTIPLE_DOCS":
      return "only one YAML document is allowed in a file; nothing may follow `---`";
    case "BLOCK_AS_IMPLICIT_KEY":
      return "a second `: ` on one line; a value that holds `: ` goes in quotes";
    case "BAD_SCALAR_START":
      return `a value can't begin with ${source.text[offset] ?? "this"} in YAML; put it in quotes`;
    case "NON_STRING_KEY":
      return "a key must be text, not a list or a mapping";
    case "BAD_INDENT":
      if (error.message.includes("end with a ]")) return "a `[` is not closed by `]`";
      if (error.message.includes("end with a }")) return "a `{` is not closed by `}`";
      return `this is not valid YAML: ${lower(error.message)}`;
    case "MISSING_CHAR":
      if (error.message.startsWith("Missing closing ")) return "a quote is not closed";
      return `this is not valid YAML: ${lower(error.message)}`;
    default:
      return `this is not valid YAML: ${lower(error.message)}`;
  }
}

/** Where the innermost bracket or quote opens that goes on to the end of the file: the error itself is told there. */
function unclosed(document: Document, end: number): number | null {
  let found: number | null = null;
  visit(document, {
    Node(_, node) {
      const opens = isScalar(node) ? node.type?.startsWith("QUOTE_") : isCollection(node) && node.flow;
      if (opens === true && node.range != null && node.range[2] >= end) found = node.range[0];
    },
  });
  return found;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** `first_name: 'x' || last_name`: the offset lies behind a value that began with a quote and closed it. */
function opensWithQuote(source: SourceFile, offset: number): boolean {
  const { line, column } = source.position(offset);
  return /^\s*(?:- )?(?:[^'"{[]*: )?(?:'(?:[^']|'')*'|"(?:[^"\\]|\\.)*")[ \t]+$/.test(
    source.line(line).slice(0, column - 1),
  );
}

function duplicate(document: Document, source: SourceFile, offset: number): string {
  let name = "this key";
  let first: number | undefined;
  visit(document, {
    Map(_, map) {
      const repeated = map.items.find(({ key }) => isScalar(key) && key.range?.[0] === offset);
      if (!isMap(map) || repeated === undefined || !isScalar(repeated.key)) return undefined;
      const { value } = repeated.key;
      const original = map.items.find(({ key }) => isScalar(key) && key.value === value);
      name = `\`${String(value)}\``;
      if (original !== undefined && isScalar(original.key)) first = original.key.range?.[0];
      return visit.BREAK;
    },
  });
  return `${name} stands twice in this mapping${first === undefined ? "" : `; first on line ${source.position(first).line}`}`;
}
