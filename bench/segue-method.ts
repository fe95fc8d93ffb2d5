import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSegue, type Segue } from "../dist/index.js";
import type { Method, Target } from "./method.ts";
import { COLUMN, PLAN } from "./shape.ts";

/** Segue as a program uses it: the library, with the defaults of a plan but for the number of workers. */
export function segueMethod(workers: 1 | 2): Method {
  return {
    name: `segue_${workers}`,
    label: `Segue, ${workers} ${workers === 1 ? "worker" : "workers"}`,
    prepare: expandBySegue,
    run: (target) => withSegue(target, workers, (segue) => segue.backfill(COLUMN)),
  };
}

/** Adds the column and the sync. */
export async function expandBySegue(target: Target): Promise<void> {
  await withSegue(target, 1, (segue) => segue.expand(COLUMN));
}

async function withSegue(
  { server, database }: Target,
  workers: number,
  work: (segue: Segue) => Promise<unknown>,
): Promise<void> {
  const plans = await mkdtemp(join(tmpdir(), "segue-bench-"));
  try {
    await writeFile(join(plans, `1_${COLUMN}.yaml`), PLAN);
    await work(createSegue({ url: server.urlOf(database), plans, settings: { backfill: { workers } } }));
  } finally {
    await rm(plans, { recursive: true, force: true });
  }
}
