import { SegueError } from "../model/errors.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { literal } from "../sql/literal.ts";
import { fenced } from "./fence.ts";
import type { Worker } from "./worker.ts";

/** A row whose value could not be computed or stored. */
interface BadRow {
  /** JSON text. */
  readonly key: string;
  readonly error: Error;
  readonly sqlstate: string;
}

/** The rows of one leaf that a fill has put aside: its batches leave them alone. */
export class Quarantine {
  readonly #worker: Worker;
  /** Under which name they are filed: the table's own where a primary key names a row in all of it. */
  readonly #filedUnder: RelationName;
  #keys: string[] = [];

  constructor(worker: Worker, filedUnder: RelationName) {
    this.#worker = worker;
    this.#filedUnder = filedUnder;
  }

  get keys(): readonly string[] {
    return this.#keys;
  }

  async load(): Promise<void> {
    const { context, step } = this.#worker;
    const rows = await this.#worker.ask<{ key: string }>(
      `SELECT row_key::text AS key FROM segue.quarantine
        WHERE rollout = $1 AND step = $2 AND schema_name = $3 AND table_name = $4 AND state IN ('open', 'accepted')`,
      [context.rollout, step.id, this.#filedUnder.schema, this.#filedUnder.name],
    );
    this.#keys = rows.map((row) => row.key);
  }

  /**
   * Puts a row aside.
   *
   * @throws SegueError SEG0404 if that makes more of them than the limit
   */
  async add(bad: BadRow): Promise<void> {
    const { context, step } = this.#worker;
    const { schema, name } = this.#filedUnder;
    await this.#worker.commit(
      fenced(
        context,
        `INSERT INTO segue.quarantine (rollout, step, schema_name, table_name, row_key, error, sqlstate, source) VALUES ` +
          `(${context.rollout}, ${literal(step.id)}, ${literal(schema)}, ${literal(name)}, ${literal(bad.key)}::jsonb, ` +
          `${literal(bad.error.message)}, ${literal(bad.sqlstate)}, 'fill') ` +
          `ON CONFLICT (rollout, step, schema_name, table_name, row_key) ` +
          `DO UPDATE SET error = excluded.error, sqlstate = excluded.sqlstate, state = 'open'`,
      ),
    );
    if (!this.#keys.includes(bad.key)) this.#keys.push(bad.key);
    const { message } = bad.error;
    context.emit({
      type: "quarantined",
      table: this.#filedUnder,
      key: bad.key,
      error: message,
      sqlstate: bad.sqlstate,
    });
    const limit = context.settings.quarantine_limit;
    if ((await openRows(this.#worker, this.#filedUnder)) <= limit) return;
    throw new SegueError("SEG0404", {
      message: `More than ${limit} rows of ${relationKey(this.#filedUnder)} can't be filled; the last, ${bad.key}: ${message}`,
      object: relationKey(this.#filedUnder),
      left: "The rows filled so far stay filled; the cursor is saved.",
      next: `Mend the rows (segue quarantine ${context.plan} list names them), then segue resume ${context.plan}; or segue reverse ${context.plan}`,
      cause: bad.error,
    });
  }
}

/** Whose open rows a step has to do with: its own, and a fill with those of triggers of its table. */
export function stepsOfOpenRows({ id, kind }: Worker["step"]): readonly string[] {
  return kind === "fill" ? [id, ""] : [id];
}

/** How many rows are put aside by this step, and if it is a fill by triggers of its table: one that both have put aside is one row. */
export async function openRows(worker: Worker, table: RelationName): Promise<number> {
  const rows = await worker.ask<{ open: number }>(
    `SELECT count(DISTINCT (schema_name, table_name, row_key))::int AS open FROM segue.quarantine
      WHERE rollout = $1 AND state = 'open' AND step = ANY ($2) AND (step <> '' OR (schema_name = $3 AND table_name = $4))`,
    [worker.context.rollout, stepsOfOpenRows(worker.step), table.schema, table.name],
  );
  return rows[0]?.open ?? 0;
}
