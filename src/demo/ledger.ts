/** A row as the application means it: a flat record. */
type Fields = Readonly<Record<keyof never, string | number>>;

/**
 * What every row of one table must hold: what the shop opened with, and over it what the clients remember having
 * written. A row has one writer at a time, so what must be read is never in doubt once its write was answered.
 */
export class Ledger<Row extends object> {
  readonly #opening: number;
  readonly #openingRow: (id: number) => Row;
  readonly #written = new Map<number, Row>();
  /** When the last write of a row was answered, in milliseconds of the monotonic clock. */
  readonly #answered = new Map<number, number>();
  readonly #busy = new Set<number>();
  readonly #added: number[] = [];

  /** @param opening the rows with ids 1 to this stood there from the beginning */
  constructor(opening: number, openingRow: (id: number) => Row) {
    this.#opening = opening;
    this.#openingRow = openingRow;
  }

  get size(): number {
    return this.#opening + this.#added.length;
  }

  /** The id of any row: `share` from 0 up to, not including, 1. */
  pick(share: number): number {
    const place = Math.floor(share * this.size);
    return place < this.#opening ? place + 1 : (this.#added[place - this.#opening] ?? 1);
  }

  /** What the row must hold; undefined if nobody ever wrote it. */
  expected(id: number): Row | undefined {
    return this.#written.get(id) ?? (id >= 1 && id <= this.#opening ? this.#openingRow(id) : undefined);
  }

  add(id: number, row: Row): void {
    this.#written.set(id, row);
    this.#answered.set(id, performance.now());
    this.#added.push(id);
  }

  /** Writes a row by `write`, unless it is being written already. It counts as written once that is answered. */
  async change(id: number, changes: Partial<Row>, write: (row: Row) => Promise<unknown>): Promise<void> {
    const before = this.expected(id);
    if (before === undefined || this.#busy.has(id)) return;
    const row = { ...before, ...changes };
    this.#busy.add(id);
    try {
      await write(row);
      this.#written.set(id, row);
    } finally {
      this.#answered.set(id, performance.now());
      this.#busy.delete(id);
    }
  }

  /** True if nobody has been writing the row since a query was sent: what it found is what was written last. */
  isSettled(id: number, sent: number): boolean {
    return !this.#busy.has(id) && (this.#answered.get(id) ?? Number.NEGATIVE_INFINITY) < sent;
  }

  /** False if the row, as a query found it that was sent at `sent`, is certainly not what was written last. */
  agrees(id: number, found: Row, sent: number): boolean {
    const expected = this.expected(id);
    return expected === undefined || !this.isSettled(id, sent) || sameRow(expected, found);
  }
}

/** True if two rows hold the same. */
export function sameRow<Row extends object>(a: Row, b: Row): boolean {
  const [left, right] = [a as Fields, b as Fields];
  return Object.keys(left).every((field) => left[field] === right[field]);
}
