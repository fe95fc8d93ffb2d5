import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { z } from "zod";
import { VOCABULARY } from "../compiler/registry.ts";
import { SegueError } from "../model/errors.ts";
import { quoted, suggestion } from "../plan/did-you-mean.ts";
import { tryReadPlan } from "../plan/read-plan.ts";
import { loadParser } from "../sql/parser.ts";
import { parseTableName } from "../sql/identifier.ts";
import { type Form, FORMS, placeholder, PLACEHOLDERS } from "./scaffold-forms.ts";
import { TOOL_VERSION } from "./version.ts";
import type { Workspace } from "./workspace.ts";

export interface ScaffoldRequest {
  /** An operation of the vocabulary. */
  readonly operation: string;
  /** Its required fields, in the order of `scaffoldArguments`; what is missing becomes a placeholder. */
  readonly args: readonly string[];
  /** The plan's name; else made of the operation and its first arguments. */
  readonly name?: string | undefined;
  /** The plan's version; default: now. */
  readonly now?: Date | undefined;
}

/** A plan that was written. */
export interface Scaffolded {
  readonly plan: string;
  readonly file: string;
  readonly text: string;
}

/** The operations, each with the words that a scaffold of it takes: `rename_column` → `["table", "from", "to"]`. */
export function scaffoldArguments(): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.keys(VOCABULARY.operations).map((operation) => [operation, words(formOf(operation))]),
  );
}

/**
 * Writes a plan of one operation into the folder of plans. Nothing is overwritten, and a plan that would not be valid is not
 * written.
 *
 * @throws SegueError SEG0502 for an unknown operation or too many arguments, SEG0001 if an argument makes no valid plan,
 *   SEG0005 if the file can't be written
 */
export async function scaffoldPlan(workspace: Workspace, request: ScaffoldRequest): Promise<Scaffolded> {
  const { operation, args } = request;
  if (!Object.hasOwn(VOCABULARY.operations, operation)) throw unknownOperation(operation);
  const form = formOf(operation);
  if (args.length > form.args.length && !form.rest) {
    throw new SegueError("SEG0502", {
      message: `\`${operation}\` takes ${words(form)
        .map((word) => `<${word}>`)
        .join(" ")}, and ${args.length} were given`,
      next: "Put an argument that holds a blank in quotes.",
    });
  }
  const values = form.args.map((word, index) => args[index] ?? placeholder(operation, word));
  const fields = form.fields([...values, ...args.slice(form.args.length)]);
  const { plansFolder } = await workspace.config();
  const folder = resolve(workspace.options.cwd ?? process.cwd(), plansFolder);
  const name = slug(request.name ?? nameOf(operation, values));
  const version = await freeVersion(folder, request.now ?? new Date());
  const plan = `${version}_${name}`;
  const file = join(plansFolder, `${plan}.yaml`);
  const text = render(operation, args, fields, folder);
  await loadParser();
  const { problems } = tryReadPlan({ path: file, text }, VOCABULARY);
  if (problems !== null)
    throw new SegueError("SEG0001", { message: `these arguments make no valid \`${operation}\``, problems });
  await write(join(folder, `${plan}.yaml`), text);
  return { plan, file, text };
}

/** A form by the operation's own schema: its required fields, the table first and a list last. */
function formOf(operation: string): Form {
  const form = FORMS[operation];
  if (form !== undefined) return form;
  const schema = VOCABULARY.operations[operation];
  const described =
    schema === undefined ? {} : (z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema);
  const isList = (field: string): boolean => described.properties?.[field]?.type === "array";
  const rank = (field: string): number => (field === "table" ? 0 : isList(field) ? 2 : 1);
  const args = (described.required ?? []).toSorted((a, b) => rank(a) - rank(b));
  const rest = args.some(isList);
  return {
    args,
    rest,
    fields: (values) =>
      Object.fromEntries(
        args.map((field, index) => [field, isList(field) ? values.slice(index) : (values[index] ?? "")]),
      ),
  };
}

interface JsonSchema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, { readonly type?: string }>>;
}

function words({ args, rest }: Form): readonly string[] {
  return args.map((word, index) => (rest && index === args.length - 1 ? `${word}…` : word));
}

/** `rename_column users username handle` is `rename_users_username`. */
function nameOf(operation: string, values: readonly string[]): string {
  if (operation === "sql") return values[0] === "" || values[0] === PLACEHOLDERS["name"] ? "sql" : (values[0] ?? "sql");
  const verb = operation.replace(/_(column|table)$/, "");
  const table = tableOf(values[0] ?? "");
  const second = ["create_table", "add_check", "create_enum"].includes(operation) ? [] : values.slice(1, 2);
  return [verb, table, ...second].join("_");
}

function tableOf(text: string): string {
  try {
    return parseTableName(text, "public").name;
  } catch {
    return text;
  }
}

/** Letters, digits, `_` and `-`, of a length that leaves room for the version and the ending. */
function slug(text: string): string {
  const clean = text
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_-]+/gu, "_")
    .replace(/^_+|_+$/g, "");
  let short = "";
  for (const character of clean) {
    if (Buffer.byteLength(short + character) > 120) break;
    short += character;
  }
  return short === "" ? "plan" : short;
}

/** The time in UTC as `YYYYMMDDHHMMSS`; a second later for each plan that has that version already. */
async function freeVersion(folder: string, now: Date): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const taken = new Set(names.map((name) => /^\d+/.exec(name)?.[0]));
  for (let time = now.getTime(); ; time += 1_000) {
    const version = new Date(time).toISOString().replace(/\D/g, "").slice(0, 14);
    if (!taken.has(version)) return version;
  }
}

function render(operation: string, args: readonly string[], fields: Record<string, unknown>, folder: string): string {
  const description = [operation.replaceAll("_", " "), ...args].join(" ");
  const document = stringify({ description, operations: [{ [operation]: fields }] }, { lineWidth: 0 });
  return `# yaml-language-server: $schema=${schemaFor(folder)}\n${document}`;
}

/** The schema of the package that is installed beside the plans; else the one that was published with it. */
function schemaFor(folder: string): string {
  const own = fileURLToPath(new URL("../..", import.meta.url));
  for (let parent = folder; ; parent = dirname(parent)) {
    const installed = join(parent, "node_modules", "pg-segue", "schema", "plan.schema.json");
    if (existsSync(installed)) return relative(folder, installed);
    if (resolve(parent) === resolve(own)) return relative(folder, join(own, "schema", "plan.schema.json"));
    if (dirname(parent) === parent) return `https://unpkg.com/pg-segue@${TOOL_VERSION}/schema/plan.schema.json`;
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: "wx" });
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new SegueError("SEG0005", { message: `${path} can't be written: ${why}`, cause });
  }
}

function unknownOperation(operation: string): SegueError {
  const known = Object.keys(VOCABULARY.operations);
  const hint = suggestion(operation.replaceAll("-", "_"), known);
  return new SegueError("SEG0502", {
    message: `there is no operation \`${operation}\`${hint === "" ? `; it is one of ${quoted(known)}` : hint}`,
    next: "segue new --help",
  });
}
