import type { DemoStream } from "./demo-stream.ts";

const STEPS = 4;

/** A line that moves on a terminal; elsewhere a line now and then, for every quarter that is passed. */
export class LiveLine {
  readonly #stream: DemoStream;
  #shown = false;
  #quarter = 0;

  constructor(stream: DemoStream) {
    this.#stream = stream;
  }

  /** @param share 0 to 1: how much is done */
  show(text: string, share: number): void {
    if (this.#stream.isTTY === true) {
      this.#stream.write(`\r\u001B[2K${text}`);
      this.#shown = true;
      return;
    }
    const quarter = Math.floor(share * STEPS);
    // What is done is told by the next line anyway.
    if (quarter > this.#quarter && quarter < STEPS) this.#stream.write(`${text}\n`);
    this.#quarter = quarter;
  }

  clear(): void {
    if (this.#shown) this.#stream.write("\r\u001B[2K");
    this.#shown = false;
  }
}
