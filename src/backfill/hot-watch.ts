import { relationKey, type RelationName } from "../model/relation.ts";
import { type ColdCause, coldCause, readMark } from "./cold-cause.ts";
import type { FillContext } from "./context.ts";

/** Milliseconds between two looks at whether a cause is gone. */
const LOOK_EVERY_MS = 10_000;
/** Updates of which a share is made. */
const ENOUGH_UPDATES = 10_000;
/** A striped fill reaches 0.4 to 0.97, by the width of the rows (measured). */
const LOW_SHARE = 0.2;

/** Where there was no room, nothing says when there is: stripes are tried again after so many looks. */
const LOOKS_FOR_ROOM = 30;

interface Watched {
  updates: number;
  hot: number;
  /** The next transaction when hardly any of the last updates were HOT, or at the last look; null before. */
  mark: string | null;
  /** Why its updates can't be HOT; null while stripes are filled. */
  cause: ColdCause | null;
  looked: number;
  looks: number;
}

/**
 * Decides how the windows of a table are filled: in stripes while their updates are HOT, in plain ranges where they can't
 * be. Stripes then cost a scan each and gain nothing: 1.33 times the time of one UPDATE, ranges 1.05 times (measured, with
 * a snapshot held). Nothing of it is kept: the next run begins with stripes, and finds the same again.
 */
export class HotWatch {
  readonly #context: FillContext;
  readonly #columns: readonly string[];
  readonly #every: number;
  readonly #tables = new Map<string, Watched>();

  /**
   * @param columns those that are filled; none for a list of rows, which is not watched
   * @param every milliseconds between two looks at whether a cause is gone
   */
  constructor(context: FillContext, columns: readonly string[], every = LOOK_EVERY_MS) {
    this.#context = context;
    this.#columns = columns;
    this.#every = every;
  }

  /** Why windows of the table are filled as plain ranges; null while they are filled in stripes. */
  causeOf(table: RelationName): ColdCause | null {
    return this.#tables.get(relationKey(table))?.cause ?? null;
  }

  /**
   * Counts a batch over stripes.
   *
   * @param rows those that were to be HOT
   */
  count(table: RelationName, { rows, hot }: { readonly rows: number; readonly hot: number }): void {
    const watched = this.#watched(table);
    watched.updates += rows;
    watched.hot += hot;
  }

  /** Between two batches: changes the method where that is due, and says so. */
  async look(table: RelationName): Promise<void> {
    const watched = this.#watched(table);
    if (this.#columns.length === 0) return;
    if (watched.cause !== null) return await this.#lookForEnd(table, watched, watched.cause);
    if (watched.updates < ENOUGH_UPDATES) return;
    const { observer } = this.#context;
    const hotShare = Math.min(1, watched.hot / watched.updates);
    [watched.updates, watched.hot] = [0, 0];
    const { mark } = watched;
    watched.mark = hotShare < LOW_SHARE ? await readMark(observer) : null;
    // Twice in a row: who has held a snapshot for all of the second time is to blame.
    if (mark === null || watched.mark === null) return;
    const cause = await coldCause(observer, table, this.#columns, mark);
    [watched.cause, watched.looked, watched.looks] = [cause, performance.now(), 0];
    this.#context.emit({ type: "method_changed", table, method: "ranges", hotShare, reason: cause.reason });
  }

  async #lookForEnd(table: RelationName, watched: Watched, cause: ColdCause): Promise<void> {
    if (performance.now() - watched.looked < this.#every) return;
    const { observer } = this.#context;
    [watched.looked, watched.looks] = [performance.now(), watched.looks + 1];
    const mark = watched.mark ?? (await readMark(observer));
    watched.mark = await readMark(observer);
    const isOver =
      cause.kind === "room"
        ? watched.looks >= LOOKS_FOR_ROOM
        : (await coldCause(observer, table, this.#columns, mark)).kind !== cause.kind;
    if (!isOver) return;
    [watched.cause, watched.mark] = [null, null];
    const reason = `no longer true that ${cause.reason}`;
    this.#context.emit({ type: "method_changed", table, method: "stripes", hotShare: null, reason });
  }

  #watched(table: RelationName): Watched {
    const name = relationKey(table);
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const fresh: Watched = { updates: 0, hot: 0, mark: null, cause: null, looked: 0, looks: 0 };
    this.#tables.set(name, fresh);
    return fresh;
  }
}
