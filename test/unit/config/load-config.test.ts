import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readDotenv } from "../../../src/config/dotenv.ts";
import { type ConfigRequest, loadConfig } from "../../../src/config/load-config.ts";
import type { SegueError } from "../../../src/model/errors.ts";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "segue-config-")));
});
afterEach(() => rm(folder, { recursive: true }));

const FILE = `plans: db/plans
schema: shop
database: { url_env: SHOP_URL }
environments:
  production:
    database: { url_env: PROD_URL }
    settings: { contract: { soak: 72h } }
  staging: {}
settings:
  lock: { timeout: 250ms, budget: 5m }
  contract: { soak: 24h, auto: true }
`;

const load = (request: Partial<ConfigRequest> = {}) => loadConfig({ cwd: folder, env: {}, ...request });
const write = (text: string, name = "segue.yaml") => writeFile(join(folder, name), text);

async function problems(text: string): Promise<readonly string[]> {
  await write(text);
  const error = await load().then(
    () => expect.unreachable(),
    (thrown: SegueError) => thrown,
  );
  expect(error.code).toBe("SEG0501");
  expect(error.problems.every(({ at }) => at?.file === join(folder, "segue.yaml"))).toBe(true);
  return error.problems.map(({ at, message }) => `${at?.line}:${at?.column} ${message}`);
}

test("without a file the defaults hold", async () => {
  expect(await load()).toEqual({
    plansFolder: join(folder, "plans"),
    schema: "public",
    database: { urlEnv: null, ofEnvironment: false },
    settings: {},
    environment: null,
    file: null,
    folder,
  });
});

test("an empty file is a valid one", async () => {
  await write("# nothing yet\n\n");
  expect(await load()).toMatchObject({ schema: "public", file: join(folder, "segue.yaml") });
});

test("the file is found upward, and its folder of plans is beside it", async () => {
  await write(FILE);
  await mkdir(join(folder, "src/deep"), { recursive: true });
  expect(await load({ cwd: join(folder, "src/deep") })).toEqual({
    plansFolder: join(folder, "db/plans"),
    schema: "shop",
    database: { urlEnv: "SHOP_URL", ofEnvironment: false },
    settings: { lock: { timeout: 250, budget: 300_000 }, contract: { soak: 86_400_000, auto: true } },
    environment: null,
    file: join(folder, "segue.yaml"),
    folder,
  });
});

test("an environment changes what it names, and nothing else", async () => {
  await write(FILE);
  expect(await load({ flags: { env: "production" } })).toMatchObject({
    schema: "shop",
    database: { urlEnv: "PROD_URL", ofEnvironment: true },
    settings: { lock: { timeout: 250, budget: 300_000 }, contract: { soak: 259_200_000, auto: true } },
    environment: "production",
  });
  expect((await load({ flags: { env: "staging" } })).database).toEqual({ urlEnv: "SHOP_URL", ofEnvironment: false });
});

test("flags beat variables, which beat the file; an empty variable is none", async () => {
  await write(FILE);
  const env = { SEGUE_PLANS: "from-env", SEGUE_SCHEMA: "env", SEGUE_ENV: "production" };
  expect(await load({ env })).toMatchObject({
    plansFolder: join(folder, "from-env"),
    schema: "env",
    environment: "production",
  });
  const flags = { plans: "from-flag", schema: "flag", env: "staging" };
  expect(await load({ env, flags })).toMatchObject({
    plansFolder: join(folder, "from-flag"),
    schema: "flag",
    environment: "staging",
  });
  expect(await load({ env: { SEGUE_SCHEMA: "", SEGUE_ENV: "" } })).toMatchObject({ schema: "shop", environment: null });
});

test("--config names another file, and a missing one is an error", async () => {
  await write("schema: other\n", "other.yaml");
  expect(await load({ flags: { config: "other.yaml" } })).toMatchObject({ schema: "other" });
  await expect(load({ env: { SEGUE_CONFIG: "none.yaml" } })).rejects.toThrow("there is no file none.yaml");
});

test("an unknown environment is refused", async () => {
  await expect(load({ flags: { env: "production" } })).rejects.toThrow(
    "the environment `production` is unknown: there is no segue.yaml that could describe it",
  );
  await write(FILE);
  await expect(load({ flags: { env: "prodution" } })).rejects.toThrow("did you mean `production`?");
  await expect(load({ flags: { env: "constructor" } })).rejects.toThrow("the environment `constructor` is unknown");
});

describe("a wrong file is refused with all problems:", () => {
  test("unknown keys, wrong types and bad durations at once", async () => {
    const text = "plan: x\nschema: 5\nsettings: { lock: { timeout: 1 } }\nenvironments: { prod: { shema: a } }\n";
    expect(await problems(text)).toEqual([
      "1:1 segue.yaml has no key `plan`; did you mean `plans`?",
      '2:9 `schema` takes text, not the number 5; in quotes it is text: "5"',
      "3:30 `timeout` can't be the number 1: a duration is a whole number with a unit: `250ms`, `5s`, `10m`, `24h`, `7d`",
      "4:25 `prod` has no key `shema`; did you mean `schema`?",
    ]);
  });

  test("queries of throttles, in environments too", async () => {
    const queue = (sql: string): string =>
      `settings: { backfill: { throttle: { queries: { queue: { sql: "${sql}" } } } } }`;
    const text = `${queue("SELECT 1")}\nenvironments: { prod: { ${queue("SELECT FROM WHERE")} } }\n`;
    expect(await problems(text)).toEqual(['2:99 `sql`: syntax error at or near "WHERE"']);
  });

  test("a list", async () => {
    expect(await problems("- plans\n")).toEqual(["1:1 segue.yaml is a mapping of keys to values, not a list"]);
  });

  test("a URL in the file, whose password is not repeated", async () => {
    const url = "postgres://app:s3cret@db/shop";
    expect(await problems(`database: { url: "${url}" }\n`)).toEqual([
      "1:18 `url`: a URL holds a password, and this file is shared; name an environment variable with `url_env`",
    ]);
    expect(await problems(`database: { url_env: "${url}" }\n`)).toEqual([
      "1:22 `url_env`: the name of an environment variable is expected, not a URL or other text",
    ]);
    const error = await load().catch((thrown: SegueError) => thrown);
    expect(JSON.stringify(error)).not.toContain("s3cret");
    expect((error as SegueError).problems[0]?.source).toBe('database: { url_env: "postgres://app:***@db/shop" }');
  });
});

test(".env is read as Node reads it, and may be missing", async () => {
  expect(readDotenv(folder)).toEqual({});
  await write("# local\nexport A=1\nB='x # y'\nC=\"two\\nlines\"\nD=\n", ".env");
  expect(readDotenv(folder)).toEqual({ A: "1", B: "x # y", C: "two\nlines", D: "" });
});
