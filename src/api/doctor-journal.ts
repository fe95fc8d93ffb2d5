import { journalVersion } from "../journal/install.ts";
import { readLease } from "../journal/lease.ts";
import { listRollouts } from "../journal/rollouts.ts";
import { JOURNAL_MIGRATIONS } from "../journal/schema.ts";
import type { Session } from "../postgres/session.ts";
import type { Finding } from "./finding.ts";

/** The journal and the leases in it. */
export async function installedFindings(session: Session): Promise<Finding[]> {
  const version = await journalVersion(session);
  const newest = JOURNAL_MIGRATIONS.length;
  if (version === 0)
    return [{ check: "journal", level: "note", detail: "not installed yet: segue init, or the first expand, does it" }];
  if (version > newest) {
    return [
      {
        check: "journal",
        level: "problem",
        detail: `of version ${version}, written by a newer Segue; this one knows ${newest}`,
      },
    ];
  }
  const findings: Finding[] = [
    version === newest
      ? { check: "journal", level: "ok", detail: `of version ${version}` }
      : { check: "journal", level: "note", detail: `of version ${version}; the next expand brings it to ${newest}` },
  ];
  for (const rollout of await listRollouts(session, { inFlight: true })) {
    const lease = await readLease(session, rollout.id);
    if (lease === null) continue;
    findings.push(
      lease.expired
        ? {
            check: "lease",
            level: "problem",
            detail: `${rollout.plan}: ${lease.owner} let its lease run out at ${lease.expiresAt.toISOString()} (segue resume ${rollout.plan})`,
          }
        : { check: "lease", level: "ok", detail: `${rollout.plan}: run by ${lease.owner}` },
    );
  }
  return findings;
}
