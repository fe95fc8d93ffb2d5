import { runVerification } from "../backfill/run-verification.ts";
import { approvalGate } from "../gates/approval.ts";
import { dependentsGate } from "../gates/dependents.ts";
import type { GateResult } from "../gates/gate-result.ts";
import { queryGate } from "../gates/query.ts";
import { recordEvent } from "../journal/events.ts";
import { fence } from "../journal/lease.ts";
import { asideByTriggers, openQuarantine, settle } from "../journal/quarantine.ts";
import { setVerified } from "../journal/rollouts.ts";
import { relationKey } from "../model/relation.ts";
import { ident } from "../sql/identifier.ts";
import { fillContext } from "./fill-step.ts";
import type { Runner } from "./runner.ts";

/** All evidence that contract needs, gathered now, the unmet and the met. The pass over the rows comes first and repairs nothing. */
export async function evaluateGates(runner: Runner): Promise<readonly GateResult[]> {
  const { session, program, rollout, plan } = runner;
  const results: GateResult[] = [];
  if (program.verify.length > 0) results.push(await verificationGate(runner));
  results.push(await dependentsGate(session, program));
  for (const gate of program.gates) {
    switch (gate.kind) {
      case "approval":
        results.push(await approvalGate(session, rollout, plan, gate.by));
        break;
      case "query":
        results.push(await queryGate(session, gate.sql, gate.is, `${ident(program.schema)}, public`));
        break;
      default:
        gate satisfies never;
    }
  }
  for (const { gate, ok, detail } of results) runner.emit({ type: "gate", gate, ok, detail });
  await session.transaction(async () => {
    await fence(session, rollout, runner.epoch);
    await recordEvent(session, rollout, "gates evaluated", { results });
  });
  return results;
}

/** What a consistency pass found, table by table. */
export interface VerificationResult {
  readonly table: string;
  readonly rows: number;
  readonly mismatches: number;
  readonly samples: readonly string[];
}

/** The consistency pass of all tables of the program. Reads only. */
export async function verifyAll(runner: Runner): Promise<readonly VerificationResult[]> {
  const found: VerificationResult[] = [];
  for (const verification of runner.program.verify) {
    const { rows, mismatches, samples } = await runVerification(fillContext(runner), verification);
    const table = relationKey(verification.table);
    runner.emit({ type: "verified", table, rows, mismatches });
    found.push({ table, rows, mismatches, samples });
  }
  return found;
}

/**
 * The consistency pass, which settles what triggers put aside before it: if every row is right, those were mended. One that
 * is put aside while it runs stays open.
 */
export async function verifyAndSettle(runner: Runner): Promise<readonly VerificationResult[]> {
  const { observer, session, rollout, epoch } = runner;
  const aside = await asideByTriggers(observer, rollout);
  const found = await verifyAll(runner);
  if (aside.length > 0 && found.every(({ mismatches }) => mismatches === 0)) {
    await session.transaction(async () => {
      await fence(session, rollout, epoch);
      await settle(session, aside);
    });
  }
  return found;
}

async function verificationGate(runner: Runner): Promise<GateResult> {
  const found = await verifyAndSettle(runner);
  const rows = found.reduce((sum, { rows: n }) => sum + n, 0);
  const bad = found.filter(({ mismatches }) => mismatches > 0);
  const quarantine = await openQuarantine(runner.observer, runner.rollout);
  if (bad.length === 0 && quarantine.count === 0) {
    await setVerified(runner.session, runner.rollout, rows);
    return { gate: "verification", ok: true, detail: `${rows} rows, 0 mismatches, just now` };
  }
  const parts = bad.map(
    ({ table, mismatches, samples }) => `${table}: ${mismatches} mismatches (${samples.join(", ")})`,
  );
  if (quarantine.count > 0) parts.push(`${quarantine.count} rows are quarantined`);
  return { gate: "verification", ok: false, detail: `${rows} rows, ${parts.join("; ")}` };
}
