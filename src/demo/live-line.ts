import { WriteStream } from "node:tty";

const STEPS = 4;

/** A line that moves on a terminal; elsewhere a line now and then, for every quarter that is done. */
export class LiveLine {
  readonly #stream: NodeJS.WritableStream;
  readonly #terminal: boolean;
  #shown = false;
  #quarter = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    this.#terminal = stream instanceof WriteStream;
  }

  /** @param share 0 to 1: how much is done */
  show(text: string, share: number): void {
    if (this.#terminal) {
      this.#stream.write(`\r\u001B[2K${text}`);
      this.#shown = true;
      return;
    }
    const quarter = Math.floor(share * STEPS);
    if (quarter !== this.#quarter && quarter > 0) this.#stream.write(`${text}\n`);
    this.#quarter = quarter;
  }

  clear(): void {
    if (this.#shown) this.#stream.write("\r\u001B[2K");
    this.#shown = false;
  }
}
