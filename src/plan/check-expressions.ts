import { isScalar } from "yaml";
import type { ZodType } from "zod";
import type { Problem } from "../model/errors.ts";
import { checkExpression, checkScript, checkType, type SqlFault } from "./check-sql.ts";
import { findSql } from "./find-sql.ts";
import { scalarOffset } from "./scalar-offset.ts";
import { nodeAt, type YamlFile } from "./yaml-file.ts";
import type { Path } from "./zod-findings.ts";

/**
 * Checks the SQL of an entry as far as it goes without a catalog. The parser must be loaded (`loadParser`).
 *
 * @param isUntold false for a value that its schema has already refused.
 * @param path where the entry's fields stand: `["operations", 0, "add_column"]`.
 */
export function expressionProblems(
  file: YamlFile,
  path: Path,
  schema: ZodType,
  fields: Readonly<Record<string, unknown>>,
  isUntold: (path: Path) => boolean,
): readonly Problem[] {
  const table = typeof fields["table"] === "string" ? fields["table"] : null;
  const found = findSql(schema, fields).flatMap(({ path: inside, text, what }) => {
    const whole = [...path, ...inside];
    if (!isUntold(whole)) return [];
    const cut = commentProblem(file, whole);
    if (cut !== null) return [cut];
    const fault = what === "type" ? checkType(text) : checkExpression(text, table);
    return fault === null ? [] : [sqlProblem(file, whole, fault)];
  });
  return path.at(-1) === "sql" ? [...found, ...scriptProblems(file, path, fields)] : found;
}

function scriptProblems(file: YamlFile, path: Path, fields: Readonly<Record<string, unknown>>): readonly Problem[] {
  return ["up", "down"].flatMap((part) => {
    const script = fields[part];
    return typeof script === "string"
      ? checkScript(script).map((fault) => sqlProblem(file, [...path, part], fault))
      : [];
  });
}

/** A fault of a scalar's SQL as a problem of its file. */
export function sqlProblem(file: YamlFile, path: Path, { message, offset }: SqlFault): Problem {
  const { node } = nodeAt(file, path);
  const name = path.findLast((part) => typeof part === "string") ?? "this";
  return file.source.problem(
    isScalar(node) ? scalarOffset(node, file.source.text, offset) : 0,
    `\`${name}\`: ${message}`,
  );
}

/** YAML cuts `data #>> '{a}'` off at the #, and what is left may well parse. */
function commentProblem(file: YamlFile, path: Path): Problem | null {
  const { node } = nodeAt(file, path);
  if (!isScalar(node) || node.type !== "PLAIN" || node.range == null) return null;
  const rest = file.source.text.slice(node.range[1]).split("\n", 1)[0] ?? "";
  const comment = /^[ \t]+#[>\-=#]/.exec(rest);
  if (comment === null) return null;
  return file.source.problem(
    node.range[1] + comment[0].length - 2,
    "YAML takes ` #` and all behind it for a comment; put the expression in quotes",
  );
}
