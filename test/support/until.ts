import { setTimeout as pause } from "node:timers/promises";

/** Returns once the condition holds; fails if it has not within the time (milliseconds). */
export async function until(condition: () => Promise<boolean>, within = 15_000): Promise<void> {
  const deadline = performance.now() + within;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Not within ${within} ms: ${condition.toString()}`);
    await pause(10);
  }
}
