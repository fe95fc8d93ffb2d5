import { installedFindings } from "./doctor-journal.ts";
import { throttleFindings } from "./doctor-throttle.ts";
import type { Session } from "../postgres/session.ts";
import { replicaLag } from "../postgres/replicas.ts";
import type { Finding } from "./finding.ts";
import type { Workspace } from "./workspace.ts";

/** Looks at everything that a rollout needs, and changes nothing. */
export async function diagnose(workspace: Workspace): Promise<readonly Finding[]> {
  const { server, pooler } = await workspace.database();
  const findings: Finding[] = [
    {
      check: "server",
      level: "ok",
      detail: `PostgreSQL ${server.version}, database ${server.database}, role ${server.currentUser}`,
    },
    server.inRecovery
      ? { check: "primary", level: "problem", detail: "this is a standby: it takes no writes" }
      : { check: "primary", level: "ok", detail: "this is the primary" },
    pooler === "none"
      ? { check: "pooler", level: "ok", detail: "a direct connection" }
      : {
          check: "pooler",
          level: pooler === "transaction" ? "problem" : "note",
          detail: `a pooler in ${pooler} mode stands in between${pooler === "transaction" ? ": rollouts need a direct connection (DIRECT_URL)" : ""}`,
        },
    {
      check: "user triggers",
      level: "note",
      detail: server.canSetReplicationRole
        ? "this role may keep user triggers from firing (settings.backfill.user_triggers: skip)"
        : "this role can't set session_replication_role: user triggers fire for filled rows",
    },
  ];
  return await workspace.reading(async (session) => [
    ...findings,
    ...(await privileges(session)),
    ...(await installedFindings(session)),
    ...(await oldTransactions(session)),
    ...(await preparedTransactions(session)),
    ...(await invalidIndexes(session)),
    ...(server.inRecovery ? [] : await replication(session)),
    ...(server.inRecovery ? [] : await throttleFindings(workspace, session)),
  ]);
}

async function privileges(session: Session): Promise<Finding[]> {
  const { rows } = await session.query<{ create: boolean; installed: boolean; temp: boolean; monitor: boolean }>(
    `SELECT has_database_privilege(current_database(), 'CREATE') AS create,
            to_regnamespace('segue') IS NOT NULL AS installed,
            has_database_privilege(current_database(), 'TEMP') AS temp,
            pg_has_role('pg_monitor', 'USAGE') AS monitor`,
  );
  const [{ create, installed, temp, monitor } = { create: false, installed: false, temp: false, monitor: false }] =
    rows;
  return [
    create || installed
      ? {
          check: "create schema",
          level: "ok",
          detail: create ? "the role may create the journal" : "not needed any more: the journal is there",
        }
      : {
          check: "create schema",
          level: "problem",
          detail: "the role may not create schema segue: segue init --print-sql is for an owner",
        },
    temp
      ? {
          check: "temporary tables",
          level: "ok",
          detail: "the role may ask the server about a change on an empty copy",
        }
      : {
          check: "temporary tables",
          level: "problem",
          detail: "the role lacks TEMP on the database, which planning needs",
        },
    monitor
      ? { check: "pg_monitor", level: "ok", detail: "blockers and replicas can be seen in full" }
      : {
          check: "pg_monitor",
          level: "note",
          detail: "without pg_monitor, blockers of other roles show no query and replica lag can't be read",
        },
  ];
}

async function oldTransactions(session: Session): Promise<Finding[]> {
  const { rows } = await session.query<{ pid: number; application: string | null; state: string | null; age: number }>(
    `SELECT pid, application_name AS application, state, extract(epoch FROM clock_timestamp() - xact_start)::int AS age
       FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid()
        AND xact_start < clock_timestamp() - interval '1 minute' ORDER BY xact_start LIMIT 5`,
  );
  if (rows.length === 0) return [{ check: "old transactions", level: "ok", detail: "none older than a minute" }];
  return rows.map(({ pid, application, state, age }) => ({
    check: "old transactions",
    level: "problem",
    detail: `pid ${pid} (${application ?? ""}, ${state ?? "?"}) holds a snapshot for ${age} s: index builds wait for it, and fills can't reuse space`,
  }));
}

async function preparedTransactions(session: Session): Promise<Finding[]> {
  const { rows } = await session.query<{ gid: string; prepared: Date }>(
    `SELECT gid, prepared FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared LIMIT 5`,
  );
  return rows.map(({ gid, prepared }) => ({
    check: "prepared transactions",
    level: "problem",
    detail: `${gid} is prepared since ${prepared.toISOString()}: it holds locks until somebody ends it`,
  }));
}

async function invalidIndexes(session: Session): Promise<Finding[]> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT i.indexrelid::regclass::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE NOT i.indisvalid AND c.relkind = 'i' ORDER BY 1 LIMIT 20`,
  );
  return rows.map(({ name }) => ({
    check: "invalid indexes",
    level: "problem",
    detail: `${name} is invalid: it costs writes and serves no query (DROP INDEX CONCURRENTLY)`,
  }));
}

async function replication(session: Session): Promise<Finding[]> {
  const replicas = await replicaLag(session);
  if (replicas.length === 0) return [{ check: "replicas", level: "ok", detail: "none connected" }];
  return replicas.map(({ name, lagMs, lagBytes }) => ({
    check: "replicas",
    level: lagBytes === null ? "note" : "ok",
    detail:
      lagBytes === null
        ? `${name}: its lag can't be read by this role`
        : `${name}: ${lagBytes} bytes, ${lagMs ?? 0} ms behind`,
  }));
}
