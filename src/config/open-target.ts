import type { ResolvedOptions, ResolvedTarget } from "./connection.ts";

/**
 * Opens a connection as libpq does for `sslmode=prefer` and `allow`: with the second way only where the server's answer
 * is about TLS. A wrong password or an unreachable host is not tried twice.
 *
 * @returns the connection, and the options that worked, for those that follow.
 */
export async function openTarget<Connection>(
  { options, fallback }: Pick<ResolvedTarget, "options" | "fallback">,
  open: (options: ResolvedOptions) => Promise<Connection>,
): Promise<{ readonly connection: Connection; readonly options: ResolvedOptions }> {
  try {
    return { connection: await open(options), options };
  } catch (error) {
    if (fallback === null || !isAboutTls(error)) throw error;
    return { connection: await open(fallback), options: fallback };
  }
}

/** The server has no TLS, its certificate fails, or pg_hba.conf has no entry for this kind of connection. */
function isAboutTls(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    const code = "code" in one ? String(one.code) : "";
    if (
      /does not support SSL connections/.test(one.message) ||
      code === "28000" ||
      /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/.test(code)
    )
      return true;
  }
  return false;
}
