import type { Session } from "../postgres/session.ts";
import type { GateResult } from "./gate-result.ts";

/** Milliseconds that a gate's query may take. */
const QUERY_TIMEOUT_MS = 60_000;

/** A query of the user's own gives the value that the plan asks for. It is run read-only; one that fails does not hold. */
export async function queryGate(session: Session, sql: string, is: string, searchPath: string): Promise<GateResult> {
  try {
    const value = await session.transaction(async () => {
      await session.query(`SELECT set_config('search_path', $1, true)`, [searchPath]);
      await session.query(`SET LOCAL statement_timeout = ${QUERY_TIMEOUT_MS}`);
      const { rows } = await session.query(sql);
      return rows[0] === undefined ? null : Object.values(rows[0])[0];
    }, "BEGIN READ ONLY");
    const found =
      value === null || value === undefined ? "null" : typeof value === "string" ? value : JSON.stringify(value);
    return { gate: "query", ok: found === is, detail: `${sql} is ${found}${found === is ? "" : `, not ${is}`}` };
  } catch (error) {
    if (session.closed) throw error;
    return {
      gate: "query",
      ok: false,
      detail: `${sql} failed: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
