/** The column of each table that counts the writes to a hot row: an integer, by default 0, that both versions know. */
export const COUNTER = "hits";

/** A value as PostgreSQL prints it. */
export type Value = string | null;
/** The trigger may or may not have been there yet, or the server made the value: the first reading decides. */
export class Unsure {
  readonly among: readonly Value[] | null;

  /** `among`: what it can be; null for anything but NULL. */
  constructor(among: readonly Value[] | null = null) {
    this.among = among;
  }

  toString(): string {
    return this.among === null ? "anything" : this.among.join(" or ");
  }

  admits(value: Value): boolean {
    return this.among === null ? value !== null : this.among.includes(value);
  }
}
export type Row = Readonly<Record<string, Value | Unsure>>;

/** One version of the application: the table and the columns that it knows. */
export interface Version {
  readonly table: string;
  /** The versioned schema that it has in its search_path, and nothing besides. */
  readonly schema?: string;
  /** A new value for each column that it writes, from a number that no other write of the test gets. */
  readonly columns: Readonly<Record<string, (n: number) => Value>>;
  /** Columns that an INSERT may leave out, with the value that they then have. */
  readonly defaults?: Readonly<Record<string, Value | Unsure>>;
  /** Columns that follow from the key and are never updated: a partition key. */
  readonly fixed?: Readonly<Record<string, (id: number) => string>>;
  /** False where a named statement can't live through the cut-over: the types that it was prepared with change. */
  readonly named?: boolean;
  /** True for a new version's own table that the plan does not create: a reversal leaves it and its rows. */
  readonly stays?: boolean;
  /** What its table can't take, because it is a view at times. */
  readonly cannot?: readonly ("copy" | "merge")[];
}

export type Side = "old" | "new";
/** Whether the rows that lack a value are filled: not, perhaps (something runs), surely (from ready on). */
export type Filled = "no" | "maybe" | "yes";

/** What a write of one version means to the other. Written by hand in JavaScript: it must not share the engine's code. */
export interface Link {
  /** The new version's own columns of an old version's row. */
  forward(old: Row): Row;
  /** The old version's own columns of a new version's row. */
  reverse(fresh: Row): Row;
  /** A change to one of these old columns recomputes `forward`. Default: the columns that only the old version knows. */
  readonly reads?: readonly string[];
  /** A change to one of these new columns recomputes `reverse`. Default: the columns that only the new version knows. */
  readonly writes?: readonly string[];
  /** True if `forward` is what a row gets while it has nothing, and keeps whatever becomes of the old side. */
  readonly once?: boolean;
  /** What two spellings of the same value have in common, where a type prints it anew. */
  canonical?(value: Value): Value;
  /** What is stored of a row that was written, where the rollout fills what a write leaves out. */
  stored?(row: Row, filled: Filled): Row;
  /** What a reversal with `fill` makes of an old row. */
  afterReverse?(old: Row): Row;
}

/** The versions know the same columns: what one writes the other reads as it is. */
export const SAME: Link = { forward: () => ({}), reverse: () => ({}) };

interface Expected {
  readonly old: Row;
  readonly new: Row;
}

interface HotWrite {
  readonly turn: number;
  readonly side: Side;
  readonly patch: Row;
  readonly filled: Filled;
}

/** What the clients know to be in the database: they alone write, and each tells what was committed. */
export class Oracle {
  readonly versions: Readonly<Record<Side, Version>>;
  readonly #link: Link | null;
  readonly #shared: ReadonlySet<string>;
  readonly #rows: Readonly<Record<Side, Map<number, Expected>>>;
  readonly #hot = new Map<number, HotWrite[]>();
  filled: Filled = "no";

  /** Without a link each version has a table of its own. */
  constructor(versions: Readonly<Record<Side, Version>>, link: Link | null) {
    this.versions = versions;
    this.#link = link;
    const fresh = new Set(columnsOf(versions.new));
    // What the link derives both ways is another value in each shape, though by one name.
    const derived = (column: string): boolean =>
      link?.reads?.includes(column) === true && link.writes?.includes(column) === true;
    const both = columnsOf(versions.old).filter((column) => fresh.has(column) && !derived(column));
    this.#shared = new Set([COUNTER, ...both]);
    const rows = new Map<number, Expected>();
    this.#rows = { old: rows, new: link === null ? new Map() : rows };
  }

  ids(side: Side): readonly number[] {
    return [...this.#rows[side].keys()];
  }

  expected(side: Side, id: number): Row | undefined {
    return this.#rows[side].get(id)?.[side];
  }

  inserted(side: Side, id: number, written: Row, filled = this.filled): void {
    const row = { [COUNTER]: "0", ...this.versions[side].defaults, ...fixedOf(this.versions[side], id), ...written };
    this.#set(side, id, this.#stored(row, filled), undefined, Object.keys(row), filled);
  }

  updated(side: Side, id: number, patch: Row, filled = this.filled): void {
    const before = this.#rows[side].get(id);
    if (before === undefined) throw new Error(`the oracle knows no row ${id}`);
    const changed = Object.keys(patch).filter((column) => patch[column] !== before[side][column]);
    this.#set(side, id, this.#stored({ ...before[side], ...patch }, filled), before, changed, filled);
  }

  deleted(side: Side, id: number): void {
    this.#rows[side].delete(id);
  }

  /** A write to a row that all clients write; the row counts its own turns, so the order is known whoever tells first. */
  hotUpdated(side: Side, id: number, turn: number, patch: Row, filled: Filled): void {
    this.#hot.set(id, [...(this.#hot.get(id) ?? []), { turn, side, patch, filled }]);
  }

  /** Applies the hot writes in the order in which the rows had them. Nobody writes meanwhile. */
  settleHot(): void {
    for (const [id, writes] of this.#hot) {
      for (const { turn, side, patch, filled } of writes.toSorted((a, b) => a.turn - b.turn)) {
        const next = Number(this.expected(side, id)?.[COUNTER]) + 1;
        if (turn !== next) throw new Error(`row ${id}: turn ${next} is missing, ${turn} follows: an update was lost`);
        this.updated(side, id, { ...patch, [COUNTER]: String(turn) }, filled);
      }
    }
    this.#hot.clear();
  }

  /** A verb begins that fills, or ends the filling: until it has ended either is right. */
  moving(): void {
    this.#restore("maybe");
  }

  /** The rollout is ready: what lacked a value has it. */
  ready(): void {
    this.#restore("yes");
  }

  #restore(filled: Filled): void {
    this.filled = filled;
    if (this.#link === null) return;
    for (const [id, { old, new: fresh }] of this.#rows.old) {
      this.#rows.old.set(id, { old: this.#stored(old, filled), new: this.#stored(fresh, filled) });
    }
  }

  /** All is taken back: the old side stands, and the new one will be derived from it again. */
  reversed(): void {
    this.filled = "no";
    if (this.#link === null) return this.versions.new.stays === true ? undefined : this.#rows.new.clear();
    for (const [id, { old }] of this.#rows.old) {
      const kept = this.#link.afterReverse?.(old) ?? old;
      this.#rows.old.set(id, { old: kept, new: { ...this.#common(kept), ...this.#link.forward(kept) } });
    }
  }

  /** Compares a row that was read, and learns what was unsure. Returns what is wrong, or null. */
  compare(side: Side, id: number, found: Readonly<Record<string, unknown>> | undefined): string | null {
    const whole = this.#rows[side].get(id);
    const expected = whole?.[side];
    if (whole === undefined || expected === undefined)
      return found === undefined ? null : `${side} ${id}: there again, though deleted: ${JSON.stringify(found)}`;
    if (found === undefined) return `${side} ${id}: lost; expected ${JSON.stringify(expected)}`;
    for (const [column, value] of Object.entries(expected)) {
      const actual = this.#canonical(found[column] as Value | undefined);
      const same =
        value instanceof Unsure ? actual !== undefined && value.admits(actual) : actual === this.#canonical(value);
      if (!same)
        return `${side} ${id}.${column}: expected ${JSON.stringify(value)}, found ${JSON.stringify(actual)} in ${JSON.stringify(found)}`;
      if (value instanceof Unsure && (this.filled !== "maybe" || value.among === null))
        this.#learn(side, id, column, actual as Value);
    }
    return null;
  }

  #canonical<V extends Value | undefined>(value: V): V {
    return value === undefined ? value : ((this.#link?.canonical?.(value) ?? value) as V);
  }

  #learn(side: Side, id: number, column: string, value: Value): void {
    const { old, new: fresh } = this.#rows[side].get(id) as Expected;
    const taught = (row: Row): Row => (row[column] instanceof Unsure ? { ...row, [column]: value } : row);
    const both = this.#shared.has(column);
    this.#rows[side].set(id, {
      old: both || side === "old" ? taught(old) : old,
      new: both || side === "new" ? taught(fresh) : fresh,
    });
  }

  #set(
    side: Side,
    id: number,
    own: Row,
    before: Expected | undefined,
    changed: readonly string[],
    filled: Filled,
  ): void {
    if (this.#link === null) {
      this.#rows[side].set(id, { old: own, new: own });
      return;
    }
    const other: Side = side === "old" ? "new" : "old";
    const triggers =
      (side === "old" ? this.#link.reads : this.#link.writes) ??
      Object.keys(own).filter((column) => !this.#shared.has(column));
    const derives = before === undefined || changed.some((column) => triggers.includes(column));
    const derived = derives ? (side === "old" ? this.#forward(own, before?.new, filled) : this.#link.reverse(own)) : {};
    const theirs = this.#stored({ ...before?.[other], ...this.#common(own), ...derived }, filled);
    this.#rows[side].set(id, side === "old" ? { old: own, new: theirs } : { old: theirs, new: own });
  }

  #forward(old: Row, before: Row | undefined, filled: Filled): Row {
    const link = this.#link as Link;
    if (link.once !== true || before === undefined || filled === "no") return link.forward(old);
    if (filled === "yes") return {};
    return Object.fromEntries(
      Object.entries(link.forward(old)).map(([column, value]) => [column, either(before[column] ?? null, value)]),
    );
  }

  #common(row: Row): Row {
    return Object.fromEntries(Object.entries(row).filter(([column]) => this.#shared.has(column)));
  }

  #stored(row: Row, filled: Filled): Row {
    return this.#link?.stored?.(row, filled) ?? row;
  }
}

function either(a: Value | Unsure, b: Value | Unsure): Unsure {
  const among = [a, b].map((value) => (value instanceof Unsure ? value.among : [value]));
  return new Unsure(among.some((values) => values === null) ? null : among.flatMap((values) => values ?? []));
}

/** The columns of a version, those that follow from the key included. */
export function columnsOf(version: Version): readonly string[] {
  return [...Object.keys(version.fixed ?? {}), ...Object.keys(version.columns)];
}

/** The columns of a row that follow from its key. */
export function fixedOf(version: Version, id: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(version.fixed ?? {}).map(([column, make]) => [column, make(id)]));
}
