import { expect, test } from "vitest";
import { testDatabase } from "../support/postgres.ts";
import { RENAME, RENAME_FILE, RENAME_ID, USERS } from "./plans.ts";
import { objects, project, segue } from "./segue.ts";

const FIRST = "20240101000000_users";
const FILES = {
  [`plans/${FIRST}.sql`]: "-- migrate:up\nCREATE TABLE users (id int);\n-- migrate:down\nDROP TABLE users;\n",
  [RENAME_FILE]: RENAME,
};

test("baseline records what stands, and up goes on from there", async () => {
  const database = await testDatabase({ script: USERS });
  const where = project({ files: FILES, url: database.url });
  expect(await segue(where, "baseline", "users", "--dry-run")).toMatchObject({
    code: 0,
    stdout: `  ${FIRST}\nWould record 1 plan; 1 plan pending. Nothing was changed.\nNext: the same without --dry-run\n`,
  });
  expect(await segue(where, "baseline", "users")).toMatchObject({
    code: 0,
    stdout: `✔ ${FIRST}\nRecorded 1 plan; 1 plan pending.\nNext: segue up\n`,
    stderr: "",
  });
  expect((await segue(where, "up")).stdout).toContain(`${RENAME_ID} is ready.`);
  const refused = await segue(where, "baseline");
  expect(refused).toMatchObject({ code: 3, stdout: "" });
  expect(refused.stderr).toBe(
    [
      "Refused: the journal knows that not all of these plans stand. Nothing changed.",
      `  ${RENAME_ID} is ready`,
      "Next: finish or reverse what is in flight, expand what was reversed, or give a plan before it: segue status",
      "SEG0602: the baseline contradicts the journal (docs/errors/SEG0602.md)",
      "",
    ].join("\n"),
  );
});

test("--json tells what was recorded, what was known and what is left", async () => {
  const database = await testDatabase({ script: USERS });
  const where = project({ files: FILES, url: database.url });
  const [done] = objects(await segue(where, "baseline", "--json"));
  expect(done).toMatchObject({
    type: "baseline",
    recorded: [
      { plan: FIRST, reversible: true },
      { plan: RENAME_ID, reversible: false },
    ],
    known: [],
    pending: [],
    dry_run: false,
    next: "segue status",
  });
  expect((await segue(where, "baseline")).stdout).toBe("Nothing to record; 0 plans pending.\nNext: segue status\n");
  expect(await segue(where, "baseline", "nothing")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("there is no plan `nothing`") as string,
  });
});
