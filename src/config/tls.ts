import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TlsOptions } from "../model/connection.ts";
import { SegueError } from "../model/errors.ts";
import { suggestion } from "../plan/did-you-mean.ts";
import type { ConnectionParameters } from "./connection-url.ts";

/** With the passphrase of the client's key. */
export interface ClientTls extends TlsOptions {
  readonly passphrase?: string;
}

/** What to try first, and what next if the server will not have it; null: nothing else. */
export interface TlsAttempts {
  readonly first: ClientTls | false;
  readonly second: ClientTls | false | null;
}

const MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;

/**
 * TLS as libpq means it (manual, 34.19): `require` encrypts, and verifies the certificate only if a root certificate is
 * given; `verify-ca` verifies it; `verify-full` the host's name too. Certificates in `~/.postgresql` are used if they
 * are there. Two differences: `verify-full` without a root certificate trusts the system's, and a file that is named
 * but can't be read is always an error.
 *
 * @throws SegueError SEG0501
 */
export function tlsAttempts(parameters: ConnectionParameters, home: string): TlsAttempts {
  const root = rootCertificate(parameters, home);
  const mode = parameters.sslmode ?? (root.system ? "verify-full" : "prefer");
  const secured = { ...clientCertificate(parameters, home), ...(root.ca === null ? {} : { ca: root.ca }) };
  const anyHost: ClientTls =
    root.ca === null
      ? { ...secured, rejectUnauthorized: false }
      : { ...secured, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  if (root.system && mode !== "verify-full")
    throw fail(
      `sslmode=${mode} is too weak for sslrootcert=system; anyone can have a certificate that the system trusts: use verify-full`,
    );
  switch (mode) {
    case "disable":
      return { first: false, second: null };
    case "allow":
      return { first: false, second: anyHost };
    case "prefer":
      return { first: anyHost, second: false };
    case "require":
      return { first: anyHost, second: null };
    // node-postgres's own: encrypts and verifies nothing, whatever certificates are there.
    case "no-verify":
      return { first: { ...clientCertificate(parameters, home), rejectUnauthorized: false }, second: null };
    case "verify-ca":
      if (root.ca === null)
        throw fail("sslmode=verify-ca needs a root certificate: name its file with sslrootcert, or use verify-full");
      return { first: anyHost, second: null };
    case "verify-full":
      return { first: { ...secured, rejectUnauthorized: true }, second: null };
    default:
      throw fail(`there is no sslmode \`${mode}\`${suggestion(mode, MODES)}`);
  }
}

function rootCertificate(
  { sslrootcert, sslmode }: ConnectionParameters,
  home: string,
): { ca: string | null; system: boolean } {
  if (sslmode === "disable") return { ca: null, system: false };
  if (sslrootcert === "system") return { ca: null, system: true };
  if (sslrootcert !== undefined) return { ca: read(sslrootcert, "sslrootcert"), system: false };
  const usual = join(home, ".postgresql", "root.crt");
  return { ca: existsSync(usual) ? read(usual, "sslrootcert") : null, system: false };
}

function clientCertificate(
  { sslcert, sslkey, sslpassword, sslmode }: ConnectionParameters,
  home: string,
): Pick<ClientTls, "cert" | "key" | "passphrase"> {
  if (sslmode === "disable") return {};
  const certificate = sslcert ?? join(home, ".postgresql", "postgresql.crt");
  if (sslcert === undefined && !existsSync(certificate)) {
    if (sslkey !== undefined) throw fail("sslkey is given without sslcert");
    return {};
  }
  const key = sslkey ?? join(home, ".postgresql", "postgresql.key");
  return {
    cert: read(certificate, "sslcert"),
    key: read(key, "sslkey"),
    ...(sslpassword === undefined ? {} : { passphrase: sslpassword }),
  };
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw fail(`${what}: ${path} can't be read`, cause);
  }
}

function fail(message: string, cause?: unknown): SegueError {
  return new SegueError("SEG0501", { message, ...(cause === undefined ? {} : { cause }) });
}
