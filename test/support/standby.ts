import { chown, cp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { serverAccount } from "../../src/demo/server-account.ts";
import type { Server } from "../../src/demo/server.ts";
import { startTestServer } from "./servers.ts";
import { until } from "./until.ts";

/**
 * Starts a streaming standby of a running server: a base backup by hand (the binaries bring no pg_basebackup) takes the
 * place of a new server's data, which is then started again. The caller stops it, before its primary.
 */
export async function startStandby(primary: Server): Promise<Server> {
  const standby = await startTestServer({ major: primary.major });
  const data = join(standby.directory, "data");
  const client = new Client({ connectionString: primary.url });
  await client.connect();
  const [begin, end] =
    primary.major >= 15
      ? ["SELECT pg_backup_start('standby', true)", "SELECT labelfile FROM pg_backup_stop(false)"]
      : ["SELECT pg_start_backup('standby', true, false)", "SELECT labelfile FROM pg_stop_backup(false)"];
  try {
    await client.query(begin);
    await rm(data, { recursive: true });
    await cp(join(primary.directory, "data"), data, { recursive: true });
    const { rows } = await client.query<{ labelfile: string }>(end);
    const url = new URL(primary.url);
    const conninfo = `host=${url.hostname} port=${url.port} user=${url.username} password=${url.password}`;
    await write(data, "backup_label", rows[0]?.labelfile ?? "");
    await write(data, "standby.signal", "");
    await write(data, "postgresql.auto.conf", `primary_conninfo = '${conninfo}'\n`);
    await rm(join(data, "postmaster.pid"), { force: true });
    await own(data);
    await standby.restart("immediate");
    await until(async () => {
      const found = await client.query("SELECT FROM pg_stat_replication WHERE state = 'streaming'");
      return found.rowCount === 1;
    });
  } finally {
    await client.end();
  }
  // The backup brought the primary's password with it.
  const url = new URL(primary.url);
  url.port = String(standby.port);
  return { ...standby, url: url.href };
}

async function write(folder: string, name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text, { mode: 0o600 });
}

/** The copies belong to whoever runs the test; the server may run under another account. */
async function own(folder: string): Promise<void> {
  const account = await serverAccount();
  if (account === undefined) return;
  await chown(folder, account.uid, account.gid);
  for (const entry of await readdir(folder, { recursive: true }))
    await chown(join(folder, entry), account.uid, account.gid);
}
