import { programOf } from "../journal/rollouts.ts";
import type { Rollout } from "../model/rollout.ts";
import { approvalGate } from "../gates/approval.ts";
import { dependentsGate } from "../gates/dependents.ts";
import { queryGate } from "../gates/query.ts";
import type { Session } from "../postgres/session.ts";
import { ident } from "../sql/identifier.ts";

export interface GatePreview {
  readonly gate: string;
  /** null: only known when contract looks (the verification reads every row). */
  readonly ok: boolean | null;
  readonly detail: string;
}

/** How the gates of a ready rollout stand, as far as that can be told without a pass over the rows. */
export async function contractGates(session: Session, rollout: Rollout): Promise<readonly GatePreview[]> {
  const program = await programOf(session, rollout.id);
  const gates: GatePreview[] = [];
  if (program.verify.length > 0) {
    const last =
      rollout.verifiedAt === null
        ? "not run yet"
        : `${rollout.verifiedRows ?? 0} rows, 0 mismatches, ${rollout.verifiedAt.toISOString()}`;
    gates.push({ gate: "verification", ok: null, detail: `${last}; run again by contract` });
  }
  gates.push(await dependentsGate(session, program));
  for (const gate of program.gates) {
    gates.push(
      gate.kind === "approval"
        ? await approvalGate(session, rollout.id, rollout.plan, gate.by)
        : await queryGate(session, gate.sql, gate.is, `${ident(program.schema)}, public`),
    );
  }
  return gates;
}
