import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Problem, SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import { loadParser } from "../sql/parser.ts";
import type { PlanFile } from "./plan-file.ts";
import { FOLDER_PARTS, looksLikePlan, planName } from "./plan-name.ts";
import { byVersion } from "./plan-version.ts";
import { tryReadPlan } from "./read-plan.ts";
import { readTextFile } from "./text-file.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * Reads all plans of a folder, in the order of their versions. Other files, hidden files, and folders that are no plan are
 * passed over.
 *
 * @throws SegueError SEG0001 with every problem of every file; SEG0005 if the folder can't be read.
 */
export async function readPlans(folder: string, vocabulary: Vocabulary): Promise<readonly Plan[]> {
  await loadParser();
  const names = (await list(folder)).filter(looksLikePlan);
  const problems: Problem[] = [];
  const plans: Plan[] = [];
  for (const { path, down } of pair(names, problems, folder)) {
    const [text, downText] = [await readTextFile(path), down === null ? null : await readTextFile(down)];
    const unread = [text, downText].flatMap((one) => (one !== null && !one.ok ? [one.problem] : []));
    problems.push(...unread);
    if (unread.length > 0 || !text.ok) continue;
    const file: PlanFile = {
      path,
      text: text.text,
      ...(down !== null && downText?.ok === true ? { down: { path: down, text: downText.text } } : {}),
    };
    const result = tryReadPlan(file, vocabulary);
    if (result.problems === null) plans.push(result.plan);
    else problems.push(...result.problems);
  }
  if (problems.length > 0) {
    const files = new Set(problems.map(({ at }) => at?.file));
    const message = `${files.size === 1 ? "1 plan is" : `${files.size} plans are`} not valid: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`;
    throw new SegueError("SEG0001", { message, problems });
  }
  return plans.toSorted(byVersion);
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const inside = entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map(({ name }) => partsOf(folder, name));
    const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
    return [...files, ...(await Promise.all(inside)).flat()].toSorted();
  } catch (cause) {
    throw new SegueError("SEG0005", {
      message: `the folder of plans can't be read: ${folder}`,
      next: "Run `segue init` to make it, or name another in segue.yaml (`plans: <folder>`).",
      cause,
    });
  }
}

/** The files of a folder that is a plan; none of any other folder, which may hold anything. */
async function partsOf(folder: string, name: string): Promise<readonly string[]> {
  const found = await readdir(join(folder, name));
  const parts = found.includes(FOLDER_PARTS.up) ? Object.values(FOLDER_PARTS) : [];
  return parts.filter((part) => found.includes(part)).map((part) => join(name, part));
}

/** Brings each way down to its way up; a second file for one id, and a way down alone, are problems. */
function pair(
  names: readonly string[],
  problems: Problem[],
  folder: string,
): readonly { readonly path: string; readonly down: string | null }[] {
  const down = new Map<string, string>();
  const plans = new Map<string, string>();
  const odd: Problem[] = [];
  for (const file of names) {
    const path = join(folder, file);
    const at = { file: path, line: 1, column: 1 };
    const name = planName(file);
    if (typeof name === "string") odd.push({ message: name, at });
    else if (name.part === "down" && down.has(name.id))
      problems.push({ message: `two files are the way down of \`${name.id}\`; the other is ${down.get(name.id)}`, at });
    else if (name.part === "down") down.set(name.id, path);
    else if (plans.has(name.id))
      problems.push({ message: `two files are the plan \`${name.id}\`; the other is ${plans.get(name.id) ?? ""}`, at });
    else plans.set(name.id, path);
  }
  for (const [id, path] of down) {
    const up = plans.get(id);
    const at = { file: path, line: 1, column: 1 };
    if (up === undefined)
      problems.push({ message: `a way down without its way up; ${id}.up.sql or ${id}.sql is missing`, at });
    else if (!up.endsWith(".sql"))
      problems.push({ message: `a way down belongs to a plan of plain SQL; ${up} has its own`, at });
  }
  problems.push(...odd);
  return [...plans].map(([id, path]) => ({ path, down: path.endsWith(".sql") ? (down.get(id) ?? null) : null }));
}
