#!/usr/bin/env node
import { runCli } from "./run-cli.ts";
import { watchClosing } from "./watch-closing.ts";

const { stdin, stdout, stderr, env } = process;
process.exitCode = await runCli(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  env,
  cwd: process.cwd(),
  isClosed: watchClosing(stdout, stderr),
});
