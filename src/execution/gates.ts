import type { GateResult } from "../gates/gate-result.ts";
import { quickGates } from "../gates/quick-gates.ts";
import { recordEvent } from "../journal/events.ts";
import { fence } from "../journal/lease.ts";
import { inQuarantine, openQuarantine } from "../journal/quarantine.ts";
import { setVerified } from "../journal/rollouts.ts";
import { SegueError } from "../model/errors.ts";
import type { Runner } from "./runner.ts";
import { requireSyncIntact } from "./sync-guard.ts";
import { verifyAndSettle } from "./verification.ts";

/**
 * Looks for all evidence that the cut-over needs. The pass over the rows may take hours: it is not begun before all else
 * holds, and all else is looked at again after it, right before the cut-over.
 *
 * @throws SegueError SEG0303 with every gate if one does not hold; SEG0406 if the sync is broken
 */
export async function requireGates(runner: Runner): Promise<void> {
  const { session, program, rollout } = runner;
  const quick = async (): Promise<readonly GateResult[]> => {
    await requireSyncIntact(runner);
    return await quickGates(session, rollout, program);
  };
  const before = await quick();
  if (program.verify.length === 0) return await conclude(runner, before);
  if (!before.every(isMet)) return await conclude(runner, [NOT_RUN, ...before]);
  const { gate, rows } = await verificationGate(runner);
  await conclude(runner, [gate, ...(await quick())], gate.ok === true ? rows : null);
}

const NOT_RUN: GateResult = { gate: "verification", ok: null, detail: "not run before the others hold" };

const isMet = ({ ok }: GateResult): boolean => ok === true;

async function verificationGate(runner: Runner): Promise<{ readonly gate: GateResult; readonly rows: number }> {
  const found = await verifyAndSettle(runner);
  const rows = found.reduce((sum, { rows: n }) => sum + n, 0);
  const bad = found.filter(({ mismatches }) => mismatches > 0);
  const quarantine = await openQuarantine(runner.observer, runner.rollout);
  if (bad.length === 0 && quarantine.count === 0)
    return { gate: { gate: "verification", ok: true, detail: `${rows} rows, 0 mismatches, just now` }, rows };
  const parts = bad.map(
    ({ table, mismatches, samples }) => `${table}: ${mismatches} mismatches (${samples.join(", ")})`,
  );
  if (quarantine.count > 0) parts.push(`${inQuarantine(quarantine.count)} (segue quarantine ${runner.plan} list)`);
  return { gate: { gate: "verification", ok: false, detail: `${rows} rows, ${parts.join("; ")}` }, rows };
}

/** Records the evidence, met or not. `verified`: how many rows a pass has found right, null if none has. */
async function conclude(runner: Runner, gates: readonly GateResult[], verified: number | null = null): Promise<void> {
  const { session, rollout, epoch, plan } = runner;
  for (const { gate, ok, detail } of gates) runner.emit({ type: "gate", gate, ok, detail });
  await session.transaction(async () => {
    await fence(session, rollout, epoch);
    if (verified !== null) await setVerified(session, rollout, verified);
    await recordEvent(session, rollout, "gates evaluated", { results: gates });
  });
  if (!gates.every(isMet)) throw gatesUnmet(plan, gates);
}

function gatesUnmet(plan: string, gates: readonly GateResult[]): SegueError {
  const unmet = gates.filter(({ ok }) => ok === false);
  return new SegueError("SEG0303", {
    message: `${unmet.length} of ${gates.length} requirements ${unmet.length === 1 ? "is" : "are"} unmet`,
    object: plan,
    problems: gates.map(({ gate, ok, detail }) => ({
      message: `${ok === null ? "·" : ok ? "✔" : "✖"} ${gate}: ${detail}`,
    })),
    next: `settle what is marked ✖, then segue contract ${plan}`,
    detail: { gates },
  });
}
