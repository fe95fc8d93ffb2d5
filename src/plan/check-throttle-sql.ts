import type { Problem } from "../model/errors.ts";
import { sqlProblem } from "./check-expressions.ts";
import { checkQuery } from "./check-sql.ts";
import type { YamlFile } from "./yaml-file.ts";
import type { Path } from "./zod-findings.ts";

/** What is wrong with the queries of a throttle's signals. The parser must be loaded. */
export function throttleSqlProblems(file: YamlFile, settings: Path): readonly Problem[] {
  const throttle: Path = [...settings, "backfill", "throttle"];
  const queries: Path = [...throttle, "queries"];
  const places = [
    [...throttle, "probe"],
    ...Object.keys(mapping(valueAt(file, queries))).map((name) => [...queries, name]),
  ];
  return places.flatMap((place) => {
    const sql = mapping(valueAt(file, place))["sql"];
    const fault = typeof sql === "string" && sql !== "" ? checkQuery(sql) : null;
    return fault === null ? [] : [sqlProblem(file, [...place, "sql"], fault)];
  });
}

function valueAt(file: YamlFile, path: Path): unknown {
  return path.reduce<unknown>((inside, part) => mapping(inside)[part], file.content);
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
