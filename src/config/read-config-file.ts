import { type Problem, SegueError } from "../model/errors.ts";
import { throttleSqlProblems } from "../plan/check-throttle-sql.ts";
import { inOrder } from "../plan/problem-order.ts";
import { SourceFile } from "../plan/source-file.ts";
import { readTextFile } from "../plan/text-file.ts";
import { offsetAt, readYaml, writtenAt, type YamlFile } from "../plan/yaml-file.ts";
import { zodFindings } from "../plan/zod-findings.ts";
import { loadParser } from "../sql/parser.ts";
import { configFields, type ConfigFields } from "./config-fields.ts";

/**
 * Reads and validates segue.yaml. An empty one says nothing and is valid.
 *
 * @param shown the path as messages show it.
 * @throws SegueError SEG0501 with every problem of the file.
 */
export async function readConfigFile(shown: string, path: string): Promise<ConfigFields> {
  const read = await readTextFile(path);
  if (!read.ok) throw invalid(shown, [read.problem]);
  const source = new SourceFile(shown, read.text);
  if (/^(?:\s|#.*(?:\n|$))*$/.test(source.text)) return {};
  const yaml = readYaml(source, "segue.yaml");
  if (!yaml.ok) throw invalid(shown, yaml.problems);
  const { file } = yaml;
  const parsed = configFields.safeParse(file.content);
  const inSql = source.text.includes("throttle") ? await sqlProblems(file) : [];
  if (parsed.success && inSql.length === 0) return parsed.data;
  const findings = zodFindings(parsed.error?.issues ?? [], {
    schema: configFields,
    value: file.content,
    name: "segue.yaml",
    written: (place) => writtenAt(file, place),
  });
  throw invalid(shown, [
    ...findings.map(({ path: place, at, message }) => source.problem(offsetAt(file, place, at), message)),
    ...inSql,
  ]);
}

async function sqlProblems(file: YamlFile): Promise<readonly Problem[]> {
  await loadParser();
  const environments = Object.keys(file.content["environments"] ?? {}).map((name) => ["environments", name]);
  return [[], ...environments].flatMap((place) => throttleSqlProblems(file, [...place, "settings"]));
}

function invalid(path: string, problems: readonly Problem[]): SegueError {
  const message = problems.length === 1 ? `${path} is not valid` : `${path} is not valid: ${problems.length} problems`;
  return new SegueError("SEG0501", { message, problems: inOrder(problems).map(withoutPassword) });
}

/** A line that holds a URL is shown without its password. */
function withoutPassword(problem: Problem): Problem {
  const hide = (text: string): string => text.replace(/(\w:\/\/[^\s:@/]*):[^\s@]*@/g, "$1:***@");
  return {
    ...problem,
    message: hide(problem.message),
    ...(problem.source === undefined ? {} : { source: hide(problem.source) }),
  };
}
