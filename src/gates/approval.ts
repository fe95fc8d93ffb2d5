import { approvalOf } from "../journal/approvals.ts";
import type { Session } from "../postgres/session.ts";
import type { GateResult } from "./gate-result.ts";

/** `segue approve --as <label>` was given. */
export async function approvalGate(session: Session, rollout: string, plan: string, by: string): Promise<GateResult> {
  const given = await approvalOf(session, rollout, by);
  if (given === null)
    return { gate: "approval", ok: false, detail: `not approved by ${by} (segue approve ${plan} --as ${by})` };
  return { gate: "approval", ok: true, detail: `${by}: ${given.actor}, ${given.time.toISOString()}` };
}
