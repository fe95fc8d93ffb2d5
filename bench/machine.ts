import { arch, cpus, loadavg, platform, totalmem } from "node:os";
import type { BenchServer } from "./bench-server.ts";

/** Where a run's figures come from; they hold for nothing else. */
export interface Machine {
  readonly platform: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly postgres: string;
  readonly settings: Readonly<Record<string, string>>;
  /** The load average of the last minute, before anything was measured. */
  readonly loadAverage: number;
}

const NAMED = ["shared_buffers", "max_wal_size", "fsync", "full_page_writes", "wal_compression", "autovacuum"];

export async function describeMachine(server: BenchServer): Promise<Machine> {
  const rows = await server.sql<{ name: string; value: string }>(
    null,
    `SELECT name, current_setting(name) AS value FROM unnest(ARRAY['server_version', ${NAMED.map((n) => `'${n}'`).join(", ")}]) AS name`,
  );
  const { server_version: postgres = "", ...settings } = Object.fromEntries(rows.map((row) => [row.name, row.value]));
  return {
    platform: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model ?? "",
    cpus: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    postgres,
    settings,
    loadAverage: loadavg()[0] ?? 0,
  };
}
