import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";

/** What a folder of `src` may import, besides itself and what those may. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  sql: ["model"],
  plan: ["sql"],
  lifecycle: ["sql"],
  // segue.yaml is read as plans are: with positions, all errors at once.
  config: ["sql", "plan"],
  steps: ["sql"],
  operations: ["steps"],
  compiler: ["plan", "operations"],
  postgres: ["sql"],
  journal: ["postgres", "lifecycle"],
  backfill: ["journal"],
  gates: ["journal"],
  execution: ["config", "compiler", "backfill", "gates"],
  takeover: ["execution"],
  // What index.ts exports, put together.
  api: ["takeover"],
  "index.ts": ["api"],
};

/** Built on the public API only. The command line also starts the other two. */
const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  dashboard: ["index.ts"],
  demo: ["index.ts"],
  cli: ["index.ts", "dashboard", "demo"],
};

const LAYERS = { ...ARROWS, ...CLIENTS };
const DRIVERS = ["pg", "pg-listen"];
const EMPTY_NAMES = /(^|-)(utils?|helpers?|managers?|common)(-|\.|$)/;
const IMPORT = /(?:^|[;}\n])\s*(?:import|export)\s(?:[^;"'`]*?\sfrom\s)?\s*(["'])(.+?)\1|\bimport\(\s*(["'])(.+?)\3/g;
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

interface SourceFile {
  /** Below the folder that is checked, with `/`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly string[];
}

/** Returns what breaks the rules of docs/architecture.md in the folder, one line each, sorted. */
export function architectureViolations(folder: string, options: { maxLines: number }): string[] {
  const files = sourceFiles(folder);
  return [
    ...files.flatMap(({ path }) => (layerOf(path) in LAYERS ? [] : [`${path}: lies in no layer`])),
    ...files.flatMap((file) => file.imports.flatMap((target) => importViolation(file, target) ?? [])),
    ...cycles(files).map((cycle) => `${cycle.join(" → ")} is a cycle`),
    ...files.flatMap(({ path }) => (EMPTY_NAMES.test(path) ? [`${path}: a name that says nothing`] : [])),
    ...files.flatMap(({ path, lines }) =>
      lines > options.maxLines ? [`${path}: ${lines} lines, more than ${options.maxLines}`] : [],
    ),
  ].toSorted();
}

function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => {
      const text = readFileSync(join(folder, path), "utf8");
      const found = text.replace(COMMENT, "").matchAll(IMPORT);
      const imports = [...found].map((match) => match[2] ?? match[4] ?? "");
      return {
        path: slashes(path),
        lines: text.trimEnd().split("\n").length,
        imports: imports.map((target) => (target.startsWith(".") ? slashes(join(dirname(path), target)) : target)),
      };
    });
}

const slashes = (path: string): string => normalize(path).split(sep).join("/");

/** The folder below `src`, or the file if it lies directly there. */
const layerOf = (path: string): string => path.split("/")[0] ?? path;

function importViolation({ path }: SourceFile, target: string): string | undefined {
  const from = layerOf(path);
  if (DRIVERS.includes(target)) return from === "postgres" ? undefined : `${path}: only postgres/ imports ${target}`;
  if (!target.endsWith(".ts")) return undefined;
  const allowed = CLIENTS[from] ?? below(from);
  const to = layerOf(target);
  return to === from || allowed.includes(to) ? undefined : `${path}: ${from} may not import ${target}`;
}

function below(layer: string): string[] {
  return (ARROWS[layer] ?? []).flatMap((next) => [next, ...below(next)]);
}

/** One cycle of every group of files that import each other. */
function cycles(files: readonly SourceFile[]): string[][] {
  const imports = new Map(files.map((file) => [file.path, file.imports]));
  const done = new Set<string>();
  const found: string[][] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of [...imports.keys()].toSorted()) visit(path, []);
  return found;
}
