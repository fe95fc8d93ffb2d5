import { ApplicationClient, createSegue, type StatusReport } from "../index.ts";
import type { Narrator } from "./narrator.ts";
import {
  type CommandPlace,
  type CommandResult,
  type RunningCommand,
  startSegue,
  type WireEvent,
} from "./segue-command.ts";
import type { Traffic } from "./traffic.ts";

/** What the players need. */
export interface CastOptions {
  readonly narrator: Narrator;
  readonly place: CommandPlace;
  readonly traffic: Traffic;
}

/** Who plays in the demo: the shop's clients, and `segue` commands, each a process of its own. */
export class Cast {
  readonly narrator: Narrator;
  readonly traffic: Traffic;
  readonly signal: AbortSignal;
  readonly #place: CommandPlace;
  #rowsVerified = 0;
  #mismatches = 0;

  constructor({ narrator, place, traffic }: CastOptions) {
    this.narrator = narrator;
    this.traffic = traffic;
    this.signal = place.signal;
    this.#place = place;
  }

  /** Rows that `segue` has verified so far, and how many of them were wrong. */
  get verified(): { readonly rows: number; readonly mismatches: number } {
    return { rows: this.#rowsVerified, mismatches: this.#mismatches };
  }

  /**
   * Runs a command to its end, and says how the application fared.
   *
   * @throws Error if it does not end with the expected exit code
   */
  async segue(words: readonly string[], expected = 0): Promise<void> {
    const command = this.#start(words, () => {});
    const result = await command.ended;
    this.signal.throwIfAborted();
    this.narrator.exit(result.exitCode);
    this.narrator.traffic(await this.traffic.counts());
    if (result.exitCode !== expected) throw unexpected(words, result);
  }

  /** Runs a command, and ends it as `kill -9` does at the first event that is the one waited for. */
  async killedSegue(words: readonly string[], isMoment: (event: WireEvent) => boolean): Promise<void> {
    let killed = false;
    const command = this.#start(words, (event, { pid, kill }) => {
      if (killed || !isMoment(event)) return;
      killed = true;
      kill();
      this.narrator.command(`kill -9 ${pid}`);
    });
    const result = await command.ended;
    this.signal.throwIfAborted();
    this.narrator.exit(result.exitCode);
    this.narrator.traffic(await this.traffic.counts());
    if (!killed) throw unexpected(words, result);
  }

  /** Where a plan stands, by the journal; undefined if it was never expanded. */
  async status(plan: string): Promise<StatusReport | undefined> {
    const segue = createSegue({ url: this.#place.url, cwd: this.#place.folder, env: {} });
    const [report] = await segue.status(plan);
    return report;
  }

  /** Lends a connection of nobody's. */
  async connected<T>(work: (connection: ApplicationClient) => Promise<T>): Promise<T> {
    const connection = await ApplicationClient.connect(this.#place.url, "shop/check");
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  #start(words: readonly string[], onEvent: (event: WireEvent, command: RunningCommand) => void): RunningCommand {
    this.narrator.command(`segue ${words.join(" ")}`);
    const command = startSegue(this.#place, words, (event) => {
      this.narrator.event(event);
      if (event.type === "verified") {
        this.#rowsVerified += Number(event["rows"]);
        this.#mismatches += Number(event["mismatches"]);
      }
      onEvent(event, command);
    });
    return command;
  }
}

function unexpected(words: readonly string[], { exitCode, stderr }: CommandResult): Error {
  return new Error(
    `segue ${words.join(" ")} ended with ${exitCode ?? "a signal"}, which is not how the story goes:\n${stderr.trim()}`,
  );
}
