import type { BenchServer } from "./bench-server.ts";
import { measure, type Run } from "./measure.ts";
import { segueMethod } from "./segue-method.ts";
import type { SCALE } from "./scenario.ts";
import { STANDARD } from "./shape.ts";
import { median, ratio } from "./statistics.ts";

/** What a row costs Segue in a large table, by what it costs in a small one. */
export interface ScaleResult {
  readonly small: { readonly rows: number; readonly ms: number | null };
  readonly large: { readonly rows: number; readonly ms: number | null };
  readonly costPerRow: number | null;
}

/** Measures Segue with one worker on a small and a large table, in turn. */
export async function runScale(
  server: BenchServer,
  { small, large, rounds }: Pick<typeof SCALE, "rounds"> & { readonly small: number; readonly large: number },
  heard: (run: Run) => void,
): Promise<ScaleResult> {
  const sizes = [small, large];
  const templates = [];
  for (const rows of sizes) templates.push(await server.fillTemplate({ ...STANDARD, rows }));
  const times: number[][] = sizes.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, template] of templates.entries()) {
      const run = await measure(server, template, segueMethod(1), null);
      heard(run);
      times[index]?.push(run.ms);
    }
  }
  const [ofSmall = null, ofLarge = null] = times.map(median);
  return {
    small: { rows: small, ms: ofSmall },
    large: { rows: large, ms: ofLarge },
    costPerRow: ratio(ofLarge === null ? null : ofLarge / large, ofSmall === null ? null : ofSmall / small),
  };
}
