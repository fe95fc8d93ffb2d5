import { runVerification } from "../backfill/run-verification.ts";
import { stillLacking } from "../backfill/still-lacking.ts";
import { fence } from "../journal/lease.ts";
import { type Aside, asideByTriggers, settle } from "../journal/quarantine.ts";
import { relationKey } from "../model/relation.ts";
import { fillContext } from "./fill-step.ts";
import type { Runner } from "./runner.ts";

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
 * The consistency pass, which settles what triggers put aside before it: if every row is right, those were mended, but for one that
 * still lacks a value. One that is put aside while it runs stays open.
 */
export async function verifyAndSettle(runner: Runner): Promise<readonly VerificationResult[]> {
  const { observer, session, rollout, epoch } = runner;
  const aside = await asideByTriggers(observer, rollout);
  const found = await verifyAll(runner);
  if (aside.length > 0 && found.every(({ mismatches }) => mismatches === 0)) {
    const lacking = await lackingOf(runner, aside);
    await session.transaction(async () => {
      await fence(session, rollout, epoch);
      await settle(
        session,
        aside.filter(({ id }) => !lacking.has(id)),
      );
    });
  }
  return found;
}

async function lackingOf(runner: Runner, aside: readonly Aside[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const verification of runner.program.verify) {
    const own = aside.filter(({ name }) => relationKey(name) === relationKey(verification.table));
    for (const id of await stillLacking(fillContext(runner), verification, own)) found.add(id);
  }
  return found;
}
