import { journalVersion } from "../journal/install.ts";
import { readLease } from "../journal/lease.ts";
import { listRollouts } from "../journal/rollouts.ts";
import { JOURNAL_MIGRATIONS } from "../journal/schema.ts";
import type { Session } from "../postgres/session.ts";
import type { Finding } from "./finding.ts";
import { JOURNAL_GRANTS } from "./privileges.ts";

/** The journal and the leases in it. */
export async function installedFindings(session: Session): Promise<Finding[]> {
  const access = await accessOf(session);
  if (access === "none") {
    return [
      { check: "journal", level: "problem", detail: `this role may not read it: have its owner ${JOURNAL_GRANTS}` },
    ];
  }
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
      : { check: "journal", level: "note", detail: `of version ${version}; segue init brings it to ${newest}` },
  ];
  if (access === "read") {
    findings.push({
      check: "journal",
      level: "note",
      detail: `this role may look at rollouts, not run them: for that have its owner ${JOURNAL_GRANTS}`,
    });
  }
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

/** What the role may do with the journal's tables; everything where there is none yet. */
async function accessOf(session: Session): Promise<"none" | "read" | "write"> {
  const { rows } = await session.query<{ read: boolean; write: boolean }>(
    `SELECT coalesce(bool_and(has_table_privilege(oid, 'SELECT')), true) AS read,
            coalesce(bool_and(has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'UPDATE')
                              AND has_table_privilege(oid, 'DELETE')), true) AS write
       FROM pg_class WHERE relnamespace = to_regnamespace('segue') AND relkind = 'r'`,
  );
  const [{ read, write } = { read: true, write: true }] = rows;
  if (!read) return "none";
  return write ? "write" : "read";
}
