import type { Program } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import { findDependents } from "../postgres/dependents.ts";
import type { Session } from "../postgres/session.ts";
import { changedHoldings } from "./changed-holdings.ts";
import type { GateResult } from "./gate-result.ts";

/** No view, function body, policy, publication, generated column or foreign key still names what the cut-over hides; and what hangs on it is what the plan was compiled for. */
export async function dependentsGate(session: Session, program: Program): Promise<GateResult> {
  const found: string[] = [];
  for (const { table, column } of program.hides) {
    for (const dependent of await findDependents(session, table)) {
      if (program.settings.ignore_dependents.includes(dependent.name)) continue;
      if (column !== null && !dependent.columns.includes(column)) continue;
      found.push(`${dependent.kind} ${dependent.name} names ${relationKey(table)}.${column ?? "*"}`);
    }
  }
  found.push(...(await changedHoldings(session, program)));
  if (found.length > 0) return { gate: "dependents", ok: false, detail: found.join("; ") };
  const hidden = program.hides.map(({ table, column }) => `${relationKey(table)}.${column ?? "*"}`);
  return {
    gate: "dependents",
    ok: true,
    detail: hidden.length === 0 ? "nothing is hidden" : `nothing names ${hidden.join(", ")}`,
  };
}
