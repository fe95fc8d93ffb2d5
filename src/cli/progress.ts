import type { SegueEvent } from "../index.ts";
import { eventLine } from "./event-line.ts";
import type { Io } from "./io.ts";
import { LiveLines } from "./live-lines.ts";
import { buildText, type ProgressEvent, progressText, readsText } from "./progress-text.ts";
import { printable } from "./printable.ts";
import type { Suggest } from "./suggest.ts";
import { type Colors, isLive } from "./terminal.ts";
import { elapsed } from "./units.ts";

/** How often what goes on is told where lines can't be drawn anew. */
const LINE_EVERY_MS = 10_000;
const REDRAW_EVERY_MS = 250;

export interface ProgressStyle {
  readonly colors: Colors;
  readonly suggest: Suggest;
  /** With logs in between, nothing is drawn anew. */
  readonly plain: boolean;
}

/** What a running verb does, on stderr: drawn anew on a terminal, else a line for what is done and one every 10 s. */
export class Progress {
  readonly #io: Io;
  readonly #style: ProgressStyle;
  readonly #live: LiveLines | null;
  readonly #told = new Map<string, number>();
  #plan: string | null = null;
  /** The plan's name, until there is something to tell of it. */
  #head: string | null = null;
  #step: { readonly title: string; readonly started: number; detail: string } | null = null;
  #current: ProgressEvent | null = null;
  #obstacle: string | null = null;
  /** What keeps it from going on, or from going fast, until it is said to go on. */
  #hold: { readonly event: Extract<SegueEvent, { type: "throttled" }>; readonly since: number } | null = null;
  #gates: string[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(io: Io, style: ProgressStyle) {
    this.#io = io;
    this.#style = style;
    this.#live = isLive(io.stderr, io.env) && !style.plain ? new LiveLines(io.stderr) : null;
  }

  readonly onEvent = (event: SegueEvent): void => {
    if (event.plan !== this.#plan) this.#head = this.#style.colors.bold(event.plan);
    this.#plan = event.plan;
    this.#follow(event);
    this.#timer ??= setInterval(() => this.#tick(), this.#live === null ? LINE_EVERY_MS : REDRAW_EVERY_MS).unref();
    const line = eventLine(event, this.#style.colors);
    if (line === null) return;
    const text = this.#style.suggest(line);
    if (event.type === "gate") this.#gates.push(text);
    else if (this.#live !== null && event.type === "throttled") this.#draw();
    else if (this.#live !== null && isObstacle(event)) this.#obstacle = text;
    else if (!isFrequent(event) || this.#isDue(event.type)) this.#line(text);
  };

  /** Leaves the last state of things standing, and no timer. */
  finish(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#live?.draw([]);
    this.#step = null;
    this.#plan = null;
    this.#hold = null;
  }

  #follow(event: SegueEvent): void {
    switch (event.type) {
      case "step_started":
        this.#step = { title: event.title, started: performance.now(), detail: readsText(event.reads) };
        this.#current = null;
        return;
      case "step_done":
        this.#step = null;
        this.#current = null;
        this.#obstacle = null;
        this.#hold = null;
        return;
      case "build_progress":
        if (this.#step !== null) this.#step.detail = buildText(event);
        return;
      case "progress":
        this.#current = event;
        this.#obstacle = null;
        return;
      case "throttled":
        this.#hold = { event, since: this.#hold?.event.level === event.level ? this.#hold.since : performance.now() };
        return;
      case "paused":
      case "resumed":
        this.#hold = null;
        return;
      case "verified":
        this.#current = null;
        return;
      case "state":
        // The evidence of gates that held; of those that did not, the error tells.
        if (event.state === "contracting") for (const gate of this.#gates) this.#line(gate);
        this.#gates = [];
        return;
      default:
    }
  }

  #tick(): void {
    const lines = this.#now();
    if (lines.length === 0) return;
    if (this.#live === null) {
      for (const line of lines) this.#line(line);
      return;
    }
    this.#draw();
  }

  #draw(): void {
    this.#writeHead();
    this.#live?.draw(this.#now());
  }

  #now(): string[] {
    const { dim } = this.#style.colors;
    const lines: string[] = [];
    if (this.#current !== null) lines.push(progressText(this.#current));
    else if (this.#step !== null) {
      const { title, started, detail } = this.#step;
      lines.push(`${dim("…")} ${printable(title)}  ${dim(elapsed(performance.now() - started))}${detail}`);
    }
    if (this.#hold !== null) {
      const { event, since } = this.#hold;
      const line = eventLine(event, this.#style.colors, performance.now() - since) ?? "";
      lines.push(`  ${this.#style.suggest(line)}`);
    }
    if (this.#obstacle !== null) lines.push(`  ${this.#obstacle}`);
    return lines;
  }

  #line(text: string): void {
    this.#live?.draw([]);
    this.#writeHead();
    this.#io.stderr.write(`${text}\n`);
    if (this.#live !== null) this.#live.draw(this.#now());
  }

  #writeHead(): void {
    if (this.#head !== null) this.#io.stderr.write(`${this.#head}\n`);
    this.#head = null;
  }

  /** What is told again and again is told once in 10 s. */
  #isDue(type: string): boolean {
    const now = performance.now();
    if (now - (this.#told.get(type) ?? Number.NEGATIVE_INFINITY) < LINE_EVERY_MS) return false;
    this.#told.set(type, now);
    return true;
  }
}

function isFrequent(event: SegueEvent): boolean {
  return isObstacle(event) || (event.type === "throttled" && event.level === "slow");
}

function isObstacle(event: SegueEvent): boolean {
  return event.type === "lock_wait" || event.type === "rows_locked";
}
