import type { GateResult } from "../gates/gate-result.ts";
import { quickGates } from "../gates/quick-gates.ts";
import { inQuarantine, openQuarantine } from "../journal/quarantine.ts";
import { programOf } from "../journal/rollouts.ts";
import type { Rollout } from "../model/rollout.ts";
import type { Session } from "../postgres/session.ts";

/** How the gates of a ready rollout stand, as far as that can be told without a pass over the rows. */
export async function contractGates(session: Session, rollout: Rollout): Promise<readonly GateResult[]> {
  const program = await programOf(session, rollout.id);
  const gates = await quickGates(session, rollout.id, program);
  if (program.verify.length === 0) return gates;
  const last =
    rollout.verifiedAt === null
      ? "not run yet"
      : `${rollout.verifiedRows ?? 0} rows, 0 mismatches, ${rollout.verifiedAt.toISOString()}`;
  // A client may have mended them: the pass of the contract settles those.
  const { count } = await openQuarantine(session, rollout.id);
  const open = count === 0 ? "" : `; ${inQuarantine(count)} (segue quarantine ${rollout.plan} list)`;
  return [{ gate: "verification", ok: null, detail: `${last}; run again by contract${open}` }, ...gates];
}
