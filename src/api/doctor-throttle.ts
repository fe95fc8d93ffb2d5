import { checkSignals } from "../backfill/throttle/check-signals.ts";
import { expressionPath } from "../execution/expression-path.ts";
import { SegueError } from "../model/errors.ts";
import type { ThrottleSettings } from "../model/settings.ts";
import { openSession, type Session } from "../postgres/session.ts";
import type { Finding } from "./finding.ts";
import { sessionPooler, type Workspace } from "./workspace.ts";

/** The signals of segue.yaml and of the plans: which of them this role can't read, and which would stop a fill now. */
export async function throttleFindings(workspace: Workspace, session: Session): Promise<readonly Finding[]> {
  const { target, pooler } = await workspace.database();
  const { schema } = await workspace.config();
  const settings = { default_transaction_read_only: "on", search_path: expressionPath(schema) };
  const open = (): Promise<Session> =>
    openSession(target, { applicationName: "segue/doctor", settings, ...sessionPooler(pooler) });
  const findings = new Map<string, Finding>();
  const read = new Set<string>();
  for (const throttle of await throttles(workspace)) {
    for (const { name, verdict } of await checkSignals(session, open, throttle)) {
      if (verdict.level === "go") read.add(name);
      else if (verdict.unreadable === true)
        findings.set(verdict.reason, { check: "throttle", level: "problem", detail: `${verdict.reason}: fills stop` });
      else {
        read.add(name);
        const detail = `fills would ${verdict.level === "stop" ? "stop" : "be slow"} now: ${verdict.reason}`;
        findings.set(verdict.reason, { check: "throttle", level: "note", detail });
      }
    }
  }
  const names = [...read].join(", ");
  return [
    ...(names === "" ? [] : [{ check: "throttle", level: "ok", detail: `can be read: ${names}` } as const]),
    ...findings.values(),
  ];
}

/** Of segue.yaml, and of each plan that says otherwise. */
async function throttles(workspace: Workspace): Promise<readonly ThrottleSettings[]> {
  const all = [await workspace.settingsOf({ settings: {} })];
  for (const plan of await plansAtHand(workspace)) all.push(await workspace.settingsOf(plan));
  const different = new Map(all.map(({ backfill }) => [JSON.stringify(backfill.throttle), backfill.throttle]));
  return [...different.values()];
}

/** Plans that are not valid, or no folder of them, are not the doctor's business. */
async function plansAtHand(workspace: Workspace): ReturnType<Workspace["plans"]> {
  try {
    return await workspace.plans();
  } catch (error) {
    if (error instanceof SegueError) return [];
    throw error;
  }
}
