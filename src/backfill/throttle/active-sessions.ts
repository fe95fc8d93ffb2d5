import type { Sessions, Thresholds } from "../../model/settings.ts";
import { literal } from "../../sql/literal.ts";
import { plain } from "./amounts.ts";
import { grantMonitor } from "./grant-monitor.ts";
import { judgeValue } from "./judge-value.ts";
import { type CatalogSignal, type Rights, unreadable, type Verdict } from "./signal.ts";

export interface Activity {
  readonly active: number;
  /** Sessions of which the role does not see whether they are active. */
  readonly hidden: number;
  /** max_connections */
  readonly most: number;
}

/**
 * How many sessions of clients run a statement, in all databases of the server. Those of the rollout itself do not count.
 *
 * @param application what the names of the rollout's own sessions begin with
 */
export function activeSessions(thresholds: Thresholds<Sessions>, application: string): CatalogSignal {
  return {
    source: "catalog",
    name: "active_sessions",
    sql: () => sqlOf(application),
    judge: (reading, standing, rights) => judgeActivity(reading as Activity, thresholds, standing, rights),
  };
}

export function judgeActivity(
  activity: Activity,
  thresholds: Thresholds<Sessions>,
  standing: boolean,
  { role }: Pick<Rights, "role">,
): Verdict {
  const { active, hidden, most } = activity;
  if (hidden > 0) {
    const why = `what ${hidden} session${hidden === 1 ? "" : "s"} of other roles do is hidden from this role`;
    return unreadable("active_sessions", why, grantMonitor(role));
  }
  const limits = {
    slow: inSessions(thresholds.slow, most),
    stop: inSessions(thresholds.stop, most),
    resume: inSessions(thresholds.resume, most),
  };
  return judgeValue(active, limits, standing, { subject: "active sessions:", format: plain, resumeShare: 0.9 });
}

function inSessions(limit: Sessions | null | undefined, most: number): number | null {
  if (typeof limit === "string") return (Number.parseFloat(limit) / 100) * most;
  return limit ?? null;
}

// Of sessions of other roles a role without pg_read_all_stats sees neither the state nor that they are clients; but only
// sessions of clients and what works for them have a database and a role.
function sqlOf(application: string): string {
  return `(
SELECT json_build_object(
         'active', count(*) FILTER (WHERE state = 'active' AND backend_type = 'client backend'),
         'hidden', count(*) FILTER (WHERE backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL),
         'most', current_setting('max_connections')::int)
  FROM pg_stat_activity WHERE NOT starts_with(application_name, ${literal(application)}))`;
}
