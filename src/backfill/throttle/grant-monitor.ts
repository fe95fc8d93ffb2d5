import { ident } from "../../sql/identifier.ts";

/** The statement that lets a role see what the server shows to its monitors. */
export function grantMonitor(role: string): string {
  return `GRANT pg_monitor TO ${ident(role)}`;
}
