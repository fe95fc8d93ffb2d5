#!/usr/bin/env node
import { runCli } from "./run-cli.ts";

let isClosed = false;
// A reader that went away (`segue history | head`) is no reason to stop a rollout.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    isClosed = true;
  });
}

const { stdin, stdout, stderr, env } = process;
process.exitCode = await runCli(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  env,
  cwd: process.cwd(),
  isClosed: () => isClosed,
});
