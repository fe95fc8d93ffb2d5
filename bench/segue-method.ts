import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSegue, type Segue } from "../dist/index.js";
import type { Method, Target } from "./method.ts";
import { CENTS, COLUMN, type Derived, planOf } from "./shape.ts";

/** Segue as a program uses it: the library, with the defaults of a plan but for the number of workers. */
export function segueMethod(workers: 1 | 2): Method {
  return {
    name: `segue_${workers}`,
    label: `Segue, ${workers} ${workers === 1 ? "worker" : "workers"}`,
    prepare: expandBySegue,
    run: (target) => withSegue(target, CENTS, workers, (segue) => segue.backfill(COLUMN)),
  };
}

/** Adds a column and its sync. */
export async function expandBySegue(target: Target, derived = CENTS): Promise<void> {
  await withSegue(target, derived, 1, (segue) => segue.expand(derived.column));
}

async function withSegue(
  { server, database }: Target,
  derived: Derived,
  workers: number,
  work: (segue: Segue) => Promise<unknown>,
): Promise<void> {
  const plans = await mkdtemp(join(tmpdir(), "segue-bench-"));
  try {
    await writeFile(join(plans, `1_${derived.column}.yaml`), planOf(derived));
    await work(createSegue({ url: server.urlOf(database), plans, settings: { backfill: { workers } } }));
  } finally {
    await rm(plans, { recursive: true, force: true });
  }
}
