import type { Session } from "./session.ts";

const MARK = "segue.transaction_open";

/**
 * True if the session is inside a transaction block. Asked of the server, by a local setting that only lives
 * on into the next statement inside a block, so that it is right whoever sent the BEGIN.
 */
export async function transactionOpen(session: Session): Promise<boolean> {
  await session.query("SELECT set_config($1, 'yes', true)", [MARK]);
  const { rows } = await session.query<{ open: boolean }>(
    "SELECT coalesce(current_setting($1, true), '') = 'yes' AS open",
    [MARK],
  );
  return rows[0]?.open === true;
}
