import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Command } from "commander";
import { beforeAll, describe, expect, test } from "vitest";
import { addGlobalOptions } from "../../src/cli/global-options.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { VOCABULARY } from "../../src/compiler/registry.ts";
import { readConfigFile } from "../../src/config/read-config-file.ts";
import { renderProblems } from "../../src/index.ts";
import { tryReadPlan } from "../../src/plan/read-plan.ts";
import { loadParser } from "../../src/sql/parser.ts";
import { type Document, documents, root } from "./documents.ts";

const all = documents();
const temporary = join(root, ".cache");

beforeAll(loadParser);

const yamlOf = ({ blocks }: Document) => blocks.filter(({ language }) => language === "yaml");

test.each(all.filter((document) => yamlOf(document).length > 0))("the YAML of $path is valid", async (document) => {
  for (const { text, line } of yamlOf(document)) {
    const [, what = ""] = /^# (\S+)\n/.exec(text) ?? [];
    const place = `${document.path}:${line}`;
    if (what.startsWith("plans/")) expect(text, place).toBe(`# ${what}\n${planFile(what)}`);
    else if (what === "segue.yaml") await readConfig(text);
    else if (what !== "fragment") {
      expect(what, place).toBe("plan");
      const { problems } = tryReadPlan({ path: "plans/1_documented.yaml", text }, VOCABULARY);
      expect(renderProblems(problems ?? []), place).toBe("");
    }
  }
});

describe.each(all)("$path", ({ path, blocks, prose }) => {
  test("its commands and flags exist", () => {
    const shell = blocks.filter(({ language }) => ["sh", "console"].includes(language));
    const lines = shell.flatMap(({ text }) =>
      text.split("\n").flatMap((line) => /^(?:\$ )?segue (.*)/.exec(line)?.[1] ?? []),
    );
    const spans = [...prose.matchAll(/`segue ([a-z][^`]*)`/g)].map(({ 1: text = "" }) => text);
    const wrong = [...lines, ...spans].flatMap((text) => unknownWords(text).map((word) => `segue ${text}: ${word}`));
    expect(wrong).toEqual([]);
  });

  test("its links lead somewhere", () => {
    const links = [...prose.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(({ 1: link = "" }) => link);
    expect(links.filter((link) => !leadsSomewhere(path, link))).toEqual([]);
  });
});

test("the example of the library is TypeScript that compiles", async () => {
  const [example] = all.find(({ path }) => path === "docs/library.md")?.blocks ?? [];
  mkdirSync(temporary, { recursive: true });
  const folder = mkdtempSync(join(temporary, "library-"));
  try {
    writeFileSync(join(folder, "example.ts"), example?.text ?? "");
    const compilerOptions = { paths: { "pg-segue": [join(root, "src/index.ts")] }, types: ["node"] };
    const config = { extends: join(root, "tsconfig.json"), compilerOptions, include: ["example.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const compiled = promisify(execFile)(process.execPath, [tsc, "-p", folder]);
    const { stdout } = await compiled.catch((error: { stdout: string }) => error);
    expect(stdout.split("\n").filter((line) => line.includes("example.ts"))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Without the line for editors. */
function planFile(path: string): string {
  return readFileSync(join(root, path), "utf8").replace(/^# yaml-language-server.*\n/, "");
}

async function readConfig(text: string): Promise<void> {
  mkdirSync(temporary, { recursive: true });
  const folder = mkdtempSync(join(temporary, "config-"));
  try {
    const file = join(folder, "segue.yaml");
    writeFileSync(file, text);
    await readConfigFile("segue.yaml", file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function program(): Command {
  const segue = new Command("segue");
  addGlobalOptions(segue);
  for (const declare of COMMANDS) declare(segue, async () => {});
  return segue;
}

/** The command, and each flag, that `segue` does not have. */
function unknownWords(text: string): string[] {
  const [name = "", ...words] = text.replace(/\s+#.*$/, "").split(/[\s,;]+/);
  const segue = program();
  const command = segue.commands.find((one) => one.name() === name || one.aliases().includes(name));
  if (command === undefined) return name === "help" ? [] : [name];
  const flags = [...segue.options, ...command.options].flatMap(({ short, long }) => [short, long]);
  return words.filter((word) => /^--?[a-z]/.test(word) && !flags.includes(word));
}

function leadsSomewhere(from: string, link: string): boolean {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? join(root, from) : join(root, dirname(from), file);
  if (!existsSync(target)) return false;
  if (anchor === undefined) return true;
  const headings = readFileSync(target, "utf8").matchAll(/^#+ (.*)$/gm);
  return [...headings].some(({ 1: heading = "" }) => slug(heading) === anchor);
}

/** As GitHub makes them. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}
