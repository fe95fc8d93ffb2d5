import { createInterface } from "node:readline/promises";
import type { Interrupts } from "./interrupts.ts";
import type { Io } from "./io.ts";

/**
 * Asks on stderr and waits for the answer; anything but y or yes is a no.
 *
 * @throws SegueError SEG0309 on Ctrl-C
 */
export async function ask(io: Io, question: string, interrupts: Interrupts): Promise<boolean> {
  const reader = createInterface({ input: io.stdin, output: io.stderr, terminal: true });
  // A terminal in raw mode gives Ctrl-C to the reader, not to the process.
  reader.on("SIGINT", () => interrupts.trigger("SIGINT"));
  try {
    const answer = await reader.question(`${question} [y/N] `, { signal: interrupts.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    interrupts.signal.throwIfAborted();
    throw error;
  } finally {
    reader.close();
  }
}
