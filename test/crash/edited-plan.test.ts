import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  afterDeath,
  finish,
  journalOf,
  outcomeOf,
  stateOf,
  WHOLE_LIFE,
  type Workplace,
  workplace,
} from "../support/crash.ts";
import { RENAME_COLUMN } from "../support/crash-plans.ts";

const FILE = "1_rename_column.yaml";
const TEXT = RENAME_COLUMN.files[FILE] ?? "";

/** A rollout whose runner was killed while it filled the table. */
async function killedInBackfill(place: Workplace) {
  const database = await place.begunDatabase();
  const end = await (await place.start(database, WHOLE_LIFE, { SEGUE_FAILPOINT: "300" })).ended;
  expect(end.signal).toBe("SIGKILL");
  expect(await stateOf(database)).toBe("backfilling");
  return database;
}

test.each(["expand", "backfill", "contract", "resume"] as const)(
  "%s of a plan that was edited in flight tells the difference, and runs nothing",
  async (verb) => {
    const place = await workplace(RENAME_COLUMN);
    const database = await killedInBackfill(place);
    await writeFile(join(place.folder, FILE), TEXT.replace("handle", "nick"));
    const [outcome, journal] = [await outcomeOf(database), await journalOf(database)];

    await expect(place.segue(database)[verb](place.plan)).rejects.toMatchObject({
      code: "SEG0301",
      exitCode: 3,
      problems: [{ message: 'operations[0].rename_column.to: "handle" → "nick"' }],
    });
    expect(await outcomeOf(database)).toEqual(outcome);
    expect(await journalOf(database)).toEqual(journal);

    await writeFile(join(place.folder, FILE), TEXT);
    await finish(place, place.segue(database));
    expect(await stateOf(database)).toBe("completed");
  },
);

test("an edited plan can be reversed by what is in the journal, and then expanded as it is now", async () => {
  const place = await workplace(RENAME_COLUMN);
  const database = await killedInBackfill(place);
  await writeFile(join(place.folder, FILE), TEXT.replace("handle", "nick"));
  await afterDeath(() => place.segue(database).reverse(place.plan));
  await place.segue(database).up([place.plan]);
  expect(await database.query("select count(*)::int as filled from accounts where nick = username")).toEqual([
    { filled: 300 },
  ]);
});

test("a comment or another indentation is no change of the plan", async () => {
  const place = await workplace(RENAME_COLUMN);
  const database = await killedInBackfill(place);
  await writeFile(join(place.folder, FILE), `# said later\n${TEXT.replace("operations: [", "operations:\n  [ ")}`);
  await finish(place, place.segue(database));
  expect(await stateOf(database)).toBe("completed");
});
