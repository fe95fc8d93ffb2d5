import { spawn } from "node:child_process";
import { once } from "node:events";

/** Ends the server and removes its directory when its owner is gone. */
export interface ServerWatchdog {
  /** Names the process to end, or none. */
  guard(pid: number | undefined): void;
  /** Ends what it guards, removes the directory, and returns when that is done. */
  release(): Promise<void>;
}

// Reads process ids until the pipe to the owner closes, which the kernel does however the owner ends. SIGQUIT is an
// immediate shutdown; ten seconds later comes SIGKILL, which would leave a shared memory segment behind.
const SCRIPT = `
const { rmSync } = require("node:fs");
const [directory] = process.argv.slice(1);
let pid = 0, buffer = "";
const alive = () => { try { process.kill(pid, 0); return true; } catch (error) { return error.code === "EPERM"; } };
const signal = (name) => { try { process.kill(pid, name); } catch {} };
const remove = () => { rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }); process.exit(0); };
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => {});
process.stdin.setEncoding("utf8");
process.stdin.on("data", (text) => {
  buffer += text;
  const lines = buffer.split("\\n");
  buffer = lines.pop();
  if (lines.length > 0) pid = Number(lines.at(-1));
});
process.stdin.on("close", () => {
  if (pid === 0) return remove();
  signal("SIGQUIT");
  const deadline = Date.now() + 10_000;
  setInterval(() => {
    if (!alive()) return remove();
    if (Date.now() > deadline) { signal("SIGKILL"); remove(); }
  }, 20);
});
`;

/**
 * Starts a process that outlives this one for as long as it takes to end the server and remove `directory`. It runs
 * as the caller, in a session of its own, so that a Ctrl-C in the terminal does not reach it.
 */
export function serverWatchdog(directory: string): ServerWatchdog {
  const child = spawn(process.execPath, ["-e", SCRIPT, directory], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    cwd: "/",
    env: {},
  });
  const exit = once(child, "exit");
  exit.catch(() => undefined);
  child.stdin.on("error", () => undefined);
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return {
    guard(pid) {
      child.stdin.write(`${pid ?? 0}\n`);
    },
    async release() {
      child.ref();
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await exit;
    },
  };
}
