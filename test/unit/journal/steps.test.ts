import { expect, test } from "vitest";
import {
  clearReversal,
  insertSteps,
  nextStep,
  resetSteps,
  stepDone,
  stepFailed,
  type StepRecord,
  stepsOf,
  stepStarted,
  stepWaited,
} from "../../../src/journal/steps.ts";
import type { Step } from "../../../src/model/step.ts";
import { journalDatabase } from "./journal-database.ts";

const step = (id: string): Step => ({
  kind: "transaction",
  id,
  title: `title of ${id}`,
  table: { schema: "public", name: `odd "name"` },
  statements: ["SELECT 1", "SELECT '☃'"],
  locks: [],
  patience: "short",
  scans: false,
  rewrites: false,
  undo: [],
});

test("steps run in the order of stages and of their numbers, and what is next is what is not done", async () => {
  const { session, rollout } = await journalDatabase();
  const id = await rollout();
  await insertSteps(session, id, "drop", [step("drop.1")]);
  await insertSteps(
    session,
    id,
    "expand",
    Array.from({ length: 11 }, (_, n) => step(`expand.${n + 1}`)),
  );
  await insertSteps(session, id, "backfill", []);
  const all = await stepsOf(session, id);
  expect(all.map((record) => record.step.id)).toEqual([
    ...Array.from({ length: 11 }, (_, n) => `expand.${n + 1}`),
    "drop.1",
  ]);
  expect(all[0]).toEqual({
    stage: "expand",
    ordinal: 1,
    step: step("expand.1"),
    state: "pending",
    attempts: 0,
    lockWaits: 0,
    startedAt: null,
    finishedAt: null,
    error: null,
  });

  const next = async (): Promise<StepRecord | null> => await nextStep(session, id, "expand");
  const first = (await next())!;
  await stepStarted(session, id, first);
  await stepWaited(session, id, first);
  await stepFailed(session, id, first, { message: "m", sqlstate: "55P03" });
  expect(await next()).toMatchObject({
    ordinal: 1,
    state: "running",
    attempts: 1,
    lockWaits: 1,
    error: { message: "m", sqlstate: "55P03" },
  });
  await stepStarted(session, id, first);
  expect(await next()).toMatchObject({ attempts: 2, error: null });
  await stepDone(session, id, first);
  expect(await next()).toMatchObject({ ordinal: 2, state: "pending" });
  expect(await nextStep(session, id, "backfill")).toBeNull();
});

test("a reversal leaves its stages to be run again, or undone", async () => {
  const { session, rollout } = await journalDatabase();
  const id = await rollout();
  await insertSteps(session, id, "expand", [step("expand.1")]);
  await insertSteps(session, id, "cutover", [step("cutover.1"), step("cutover.2")]);
  await insertSteps(session, id, "reverse", [step("u.1")]);
  const states = async (): Promise<unknown> =>
    (await stepsOf(session, id)).map(({ stage, state }) => `${stage} ${state}`);
  for (const record of (await stepsOf(session, id)).filter(({ step: { id: name } }) => name !== "cutover.2")) {
    await stepStarted(session, id, record);
    await stepDone(session, id, record);
  }
  await resetSteps(session, id, ["cutover"], "pending");
  expect(await states()).toEqual(["expand done", "cutover pending", "cutover pending", "reverse done"]);
  await resetSteps(session, id, ["cutover", "expand"], "undone");
  expect(await states()).toEqual(["expand undone", "cutover pending", "cutover pending", "reverse done"]);
  await clearReversal(session, id);
  expect((await stepsOf(session, id)).length).toBe(3);
});
