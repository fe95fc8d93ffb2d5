import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { MAJORS } from "../support/postgres.ts";
import type { Outcome } from "./life.ts";
import { TABLE_KINDS, type TableKind } from "./model.ts";

/** What came of the lives of one operation on one kind of table. */
export interface Cell {
  readonly operation: string;
  readonly table: TableKind;
  readonly major: number;
  readonly outcomes: readonly Outcome[];
}

const FILE = fileURLToPath(new URL("../../docs/support.md", import.meta.url));
/** The table is of the lives that the fixed seed draws, on the majors that the gate has. */
const isTheGate = !["SEGUE_PROPERTY_RUNS", "SEGUE_PROPERTY_SEED", "SEGUE_TEST_MAJORS", "SEGUE_TEST_URL"].some(
  (name) => process.env[name] !== undefined,
);

/**
 * Holds docs/support.md against what the lives on one kind of table came to; `SEGUE_WRITE_DOCS=1` writes it there instead.
 * Nothing is said where not all of the tests ran.
 */
export async function checkSupportTable(table: TableKind, cells: readonly Cell[], tests: number): Promise<void> {
  if (!isTheGate || cells.length < tests) return;
  const text = await readFile(FILE, "utf8");
  const column = 1 + TABLE_KINDS.indexOf(table);
  const found = new Map(rowsOf(text).map((row) => [row[0] ?? "", row[column] ?? ""]));
  const wanted = new Map([...new Set(cells.map((cell) => cell.operation))].map((kind) => [kind, summary(kind, cells)]));
  if (process.env["SEGUE_WRITE_DOCS"] === "1") return await write(text, column, wanted);
  expect(Object.fromEntries(found), "docs/support.md: npm run docs:support").toEqual(Object.fromEntries(wanted));
}

/** `yes` where a life came to its end; the error's code where all were refused; by major where that differs. */
function summary(operation: string, cells: readonly Cell[]): string {
  const said = MAJORS.map((major) => {
    const cell = cells.find((candidate) => candidate.operation === operation && candidate.major === major);
    const refusals = (cell?.outcomes ?? []).flatMap((o) => (o.outcome === "refused" ? [o.code] : []));
    const all = refusals.length === cell?.outcomes.length;
    return { major, text: all ? `no: [${refusals[0]}](errors/${refusals[0]}.md)` : "yes" };
  });
  const [first] = said;
  if (said.every(({ text }) => text === first?.text)) return first?.text ?? "";
  return said.map(({ major, text }) => `${major}: ${text}`).join(", ");
}

const HEADER = "| operation |";
/** Where what is no operation is described. */
const PAGES: Readonly<Record<string, string>> = {
  "several operations": "plan-format.md",
  "versioned schema": "versioned-schemas.md",
};

function rowsOf(text: string): readonly (readonly string[])[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith(HEADER)) + 2;
  const end = lines.findIndex((line, n) => n >= start && !line.startsWith("|"));
  return lines.slice(start, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((part) => part.trim().replace(/^\[(.+)\]\([\w/-]+\.md\)$/, "$1")),
  );
}

async function write(text: string, column: number, wanted: ReadonlyMap<string, string>): Promise<void> {
  const rows = new Map(rowsOf(text).map((row) => [row[0] ?? "", [...row]]));
  for (const [operation, said] of wanted) {
    const row = rows.get(operation) ?? [operation, ...TABLE_KINDS.map(() => "")];
    row[column] = said;
    rows.set(operation, row);
  }
  const lines = [...rows]
    .filter(([operation]) => wanted.has(operation))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([operation, [, ...said]]) =>
        `| [${operation}](${PAGES[operation] ?? `operations/${operation.replace(/ .*/, "")}.md`}) | ${said.join(" | ")} |`,
    );
  const [before = "", ...rest] = text.split(HEADER);
  const after = rest.join(HEADER).split("\n");
  const last = after.findIndex((line, n) => n > 1 && !line.startsWith("|"));
  const head = [`${HEADER}${after[0] ?? ""}`, after[1] ?? ""];
  await writeFile(FILE, `${before}${[...head, ...lines, ...after.slice(last)].join("\n")}`);
}
