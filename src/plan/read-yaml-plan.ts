import type { ZodType } from "zod";
import type { Problem } from "../model/errors.ts";
import type { Gate, Spec } from "../model/plan.ts";
import { checkQuery } from "./check-sql.ts";
import { throttleSqlProblems } from "./check-throttle-sql.ts";
import { expressionProblems, sqlProblem } from "./check-expressions.ts";
import { GATE_FIELDS } from "./gate-fields.ts";
import { gateRules, operationRules, stepRules } from "./entry-rules.ts";
import { locateInYaml } from "./locate.ts";
import { LISTS, type ListName, planFrame, type PlanFrame } from "./plan-frame.ts";
import { planHash } from "./plan-hash.ts";
import type { PlanResult } from "./plan-file.ts";
import type { PlanName } from "./plan-name.ts";
import { inOrder } from "./problem-order.ts";
import { type EntryRules, readEntry } from "./read-entry.ts";
import { SourceFile } from "./source-file.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { offsetAt, readYaml, writtenAt, type YamlFile } from "./yaml-file.ts";
import { type Finding, type Path, zodFindings } from "./zod-findings.ts";

/** Reads a plan in YAML: the frame, each entry by its kind's schema, and the SQL in it. All problems, in the order of the file. */
export function readYamlPlan(name: PlanName, path: string, text: string, vocabulary: Vocabulary): PlanResult {
  const yaml = readYaml(new SourceFile(path, text), "a plan");
  if (!yaml.ok) return { plan: null, problems: yaml.problems };
  const { file } = yaml;
  const problems: Problem[] = [];
  const tell = (findings: readonly Finding[]): void => {
    for (const { path: place, at, message } of findings)
      problems.push(file.source.problem(offsetAt(file, place, at), message));
  };

  const framed = planFrame.safeParse(file.content);
  const written = (place: Path) => writtenAt(file, place);
  if (!framed.success)
    tell(zodFindings(framed.error.issues, { schema: planFrame, value: file.content, name: "a plan", written }));

  problems.push(...throttleSqlProblems(file, ["settings"]));

  const lists = {} as Record<ListName, readonly Spec[]>;
  for (const list of LISTS) lists[list] = readList(file, list, rulesOf(list, vocabulary), written, tell, problems);
  if (problems.length === 0 && LISTS.every((list) => list === "gates" || lists[list].length === 0))
    problems.push(
      file.source.problem(
        0,
        "the plan does nothing; give it `operations`, or steps under `expand`, `backfill` or `contract`",
      ),
    );
  if (problems.length > 0) return { plan: null, problems: inOrder(problems) };

  const frame = framed.data as PlanFrame;
  return {
    problems: null,
    plan: {
      id: name.id,
      version: name.version,
      name: name.name,
      file: path,
      form: "yaml",
      description: frame.description?.trimEnd() ?? name.name.replaceAll("_", " "),
      requires: (frame.requires ?? []).map((one) =>
        typeof one === "string"
          ? { plan: one, phase: "completed" }
          : { plan: one.plan, phase: one.phase ?? "completed" },
      ),
      conflicts: frame.conflicts ?? [],
      operations: lists.operations,
      phases: { expand: lists.expand, backfill: lists.backfill, contract: lists.contract },
      gates: lists.gates.map(({ kind, fields }) => ({ kind, ...fields }) as Gate),
      settings: { ...frame.settings, ...(frame.views === undefined ? {} : { views: frame.views }) },
      hash: planHash(file.content),
      content: file.content,
      locate: locateInYaml(file),
    },
  };
}

function rulesOf(list: ListName, vocabulary: Vocabulary): EntryRules {
  if (list === "operations") return operationRules(vocabulary);
  if (list === "gates") return gateRules();
  return stepRules(list, vocabulary);
}

function readList(
  file: YamlFile,
  list: ListName,
  rules: EntryRules,
  written: (path: Path) => string | undefined,
  tell: (findings: readonly Finding[]) => void,
  problems: Problem[],
): readonly Spec[] {
  const entries = file.content[list];
  if (!Array.isArray(entries)) return [];
  const specs: Spec[] = [];
  for (const [index, entry] of entries.entries()) {
    const { spec, findings } = readEntry(entry, [list, index], rules, written);
    if (spec !== null) specs.push(spec);
    else tell(findings);
    const [kind, fields] = Object.entries((entry ?? {}) as Record<string, unknown>)[0] ?? [""];
    const schema = Object.hasOwn(rules.kinds, kind) ? rules.kinds[kind] : undefined;
    if (
      schema === undefined ||
      typeof fields !== "object" ||
      fields === null ||
      findings?.some(({ cut }) => cut === true) === true
    )
      continue;
    const told = new Set((findings ?? []).map(({ path }) => JSON.stringify(path)));
    problems.push(
      ...sqlProblems(
        file,
        [list, index, kind],
        schema,
        fields as Record<string, unknown>,
        (path) => !told.has(JSON.stringify(path)),
      ),
    );
  }
  return specs;
}

function sqlProblems(
  file: YamlFile,
  path: Path,
  schema: ZodType,
  fields: Readonly<Record<string, unknown>>,
  isUntold: (path: Path) => boolean,
): readonly Problem[] {
  if (path[0] !== "gates") return expressionProblems(file, path, schema, fields, isUntold);
  const query = schema === GATE_FIELDS.query ? fields["sql"] : undefined;
  const fault = typeof query === "string" ? checkQuery(query) : null;
  return fault === null ? [] : [sqlProblem(file, [...path, "sql"], fault)];
}
