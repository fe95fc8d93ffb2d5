import type { Program } from "../model/program.ts";
import type { Session } from "../postgres/session.ts";
import { ident } from "../sql/identifier.ts";
import { approvalGate } from "./approval.ts";
import { dependentsGate } from "./dependents.ts";
import type { GateResult } from "./gate-result.ts";
import { queryGate } from "./query.ts";

/** What a contract asks for but the verification: all that is told without a pass over the rows. Reads only. */
export async function quickGates(session: Session, rollout: string, program: Program): Promise<readonly GateResult[]> {
  const results = [await dependentsGate(session, program)];
  for (const gate of program.gates) {
    switch (gate.kind) {
      case "approval":
        results.push(await approvalGate(session, rollout, program.plan, gate.by));
        break;
      case "query":
        results.push(await queryGate(session, gate.sql, gate.is, `${ident(program.schema)}, public`));
        break;
      default:
        gate satisfies never;
    }
  }
  return results;
}
