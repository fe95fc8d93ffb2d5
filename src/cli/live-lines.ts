import { displayWidth } from "../index.ts";
import type { OutputStream } from "./io.ts";

// The escapes of colours take no room.
const ESCAPE = String.fromCharCode(27);
const COLOUR = new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g");

/** Lines at the bottom of a terminal that are drawn anew. */
export class LiveLines {
  readonly #stream: OutputStream;
  #drawn = 0;

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  /** Replaces the lines; none takes them away. */
  draw(lines: readonly string[]): void {
    const up = this.#drawn === 0 ? "" : `${ESCAPE}[${this.#drawn}A\r${ESCAPE}[J`;
    // A terminal without a size says 0.
    const width = this.#stream.columns === undefined || this.#stream.columns < 1 ? 80 : this.#stream.columns;
    const text = lines.map((line) => `${fitted(line, width - 1)}\n`).join("");
    this.#drawn = lines.length;
    if (up !== "" || text !== "") this.#stream.write(up + text);
  }
}

/** A line that wraps could not be taken away again. */
function fitted(line: string, width: number): string {
  if (displayWidth(line.replace(COLOUR, "")) <= width) return line;
  let text = "";
  let used = 0;
  for (const character of line.replace(COLOUR, "")) {
    used += displayWidth(character);
    if (used >= width) break;
    text += character;
  }
  return `${text}…`;
}
