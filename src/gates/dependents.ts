import type { Dependent } from "../model/catalog.ts";
import type { Hide, Program } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import { findDependents } from "../postgres/dependents.ts";
import type { Session } from "../postgres/session.ts";
import { findTableNeeds } from "../postgres/table-needs.ts";
import { changedHoldings } from "./changed-holdings.ts";
import type { GateResult } from "./gate-result.ts";
import { ownViews } from "./own-views.ts";

/** No view, function body, policy, publication, generated column or foreign key still names what the cut-over hides; and what hangs on it is what the plan was compiled for. */
export async function dependentsGate(session: Session, program: Program): Promise<GateResult> {
  const found: string[] = [];
  const own = ownViews(program);
  for (const hide of program.hides) {
    for (const { name, text } of await namersOf(session, program, hide)) {
      if (!program.settings.ignore_dependents.includes(name) && !own(name)) found.push(text);
    }
  }
  found.push(...(await changedHoldings(session, program)));
  if (found.length > 0) return { gate: "dependents", ok: false, detail: found.join("; ") };
  const hidden = program.hides.filter(({ whole }) => whole?.becomes !== "moved along").map(nameOf);
  return {
    gate: "dependents",
    ok: true,
    detail: hidden.length === 0 ? "nothing is hidden" : `nothing names ${hidden.join(", ")}`,
  };
}

function nameOf({ table, column }: Hide): string {
  return column === null ? relationKey(table) : `${relationKey(table)}.${column}`;
}

/** A view that reads both columns can't be told which of them it means. */
function follows({ columns, kind, obstacle }: Dependent, { followed }: Hide): boolean {
  return kind === "view" && obstacle === undefined && followed !== undefined && !columns.includes(followed);
}

function namer({ columns, kind, name, obstacle }: Dependent, hide: Hide): Namer {
  const { followed } = hide;
  if (followed === undefined || kind !== "view") return { name, text: `${kind} ${name} names ${nameOf(hide)}` };
  const why = obstacle ?? (columns.includes(followed) ? `it reads ${followed} as well: let it read that alone` : "");
  return { name, text: `view ${name} names ${nameOf(hide)}, and can't follow to ${followed}: ${why}` };
}

interface Namer {
  readonly name: string;
  readonly text: string;
}

async function namersOf(session: Session, program: Program, hide: Hide): Promise<readonly Namer[]> {
  const { table, column, whole, moves = [] } = hide;
  if (column !== null || whole === undefined) {
    const dependents = await findDependents(session, table);
    return dependents
      .filter((dependent) => column === null || dependent.columns.includes(column))
      .filter(({ kind, name }) => kind !== "foreign key" || !moves.includes(name))
      .flatMap((dependent) => (follows(dependent, hide) ? [] : [namer(dependent, hide)]));
  }
  switch (whole.becomes) {
    case "moved along":
      // What needs a partition is found with what needs its table.
      return [];
    case "moved": {
      const needs = await findTableNeeds(session, table);
      // What hangs on a table that the same program hides goes with that one.
      const going = new Set(
        program.hides.flatMap((other) => (other.whole === undefined ? [] : [relationKey(other.table)])),
      );
      return needs
        .filter(({ on }) => on === null || !going.has(relationKey(on)))
        .map(({ kind, name }) => ({ name, text: `${kind} ${name} needs ${nameOf(hide)}` }));
    }
    case "renamed": {
      // The server follows the table to its new name, but keeps to the view what was made over the view.
      const byText = (await findTableNeeds(session, table)).filter(
        ({ evidence, names }) => evidence === "text" && names.includes(table.name),
      );
      const onView = (await findTableNeeds(session, whole.to)).filter(({ evidence }) => evidence === "pg_depend");
      return [
        ...byText.map(({ kind, name }) => ({ name, text: `${kind} ${name} names ${nameOf(hide)}` })),
        ...onView.map(({ kind, name }) => ({
          name,
          text: `${kind} ${name} was made over the view ${relationKey(whole.to)}, which goes`,
        })),
      ];
    }
    default:
      return whole.becomes satisfies never;
  }
}
