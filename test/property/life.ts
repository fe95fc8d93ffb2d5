import type pg from "pg";
import { createSegue, type ReverseVerbOptions, type Segue, SegueError } from "../../src/index.ts";
import { planFolder } from "../support/plan-folder.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { Catalogs } from "./catalogs.ts";
import { type DrawnLife, planOf, scriptOf, TEMPLATE } from "./drawn-life.ts";
import { ALONE, NEW, OLD, type Speaker } from "./fields.ts";
import type { TurningPoint } from "./model.ts";
import { Twin } from "./twin.ts";
import { Writer } from "./writes.ts";

/** How a life ended: a refusal and a failure that plain DDL has too are answers as good as any. */
export type Outcome =
  | { readonly outcome: "completed" }
  | { readonly outcome: "refused"; readonly code: string; readonly message: string }
  | { readonly outcome: "fails as plain DDL does"; readonly message: string };

const PLAN = "1_drawn";

/**
 * Runs the life of a drawn change, with a reversal in its middle, against a twin of the table that knows nothing of it:
 * every write must end on both alike, and at every stop both must hold the same; at the end the catalog must be what plain
 * DDL makes of the twin.
 *
 * @throws Error with the schema's script and the plan, if anything differs
 */
export async function live(major: number, drawn: DrawnLife): Promise<Outcome> {
  const life = await Life.begin(major, drawn);
  try {
    return await life.run(drawn.turn);
  } catch (error) {
    const why =
      error instanceof SegueError
        ? [error.code, error.message, ...error.problems.map(({ message }) => message)].join("\n")
        : String(error);
    throw new Error(`${why}\n\n${life.told()}`, { cause: error });
  } finally {
    await life.end();
  }
}

class Life {
  readonly #drawn: DrawnLife;
  readonly #database: TestDatabase;
  readonly #segue: Segue;
  readonly #client: pg.Client;
  readonly #catalogs: Catalogs;
  readonly #writer: Writer;
  readonly #twin: Twin;
  readonly #log: string[] = [];

  private constructor(drawn: DrawnLife, database: TestDatabase, segue: Segue, client: pg.Client, catalogs: Catalogs) {
    this.#drawn = drawn;
    this.#database = database;
    this.#segue = segue;
    this.#client = client;
    this.#catalogs = catalogs;
    this.#writer = new Writer(drawn.schema, drawn.change);
    this.#twin = new Twin(client, drawn);
  }

  static async begin(major: number, drawn: DrawnLife): Promise<Life> {
    const database = await testDatabase({ major, template: TEMPLATE });
    const client = await database.connect();
    await client.query(scriptOf(drawn));
    const plans = await planFolder({ [`${PLAN}.yaml`]: planOf(drawn.change) });
    const settings = { contract: { soak: 0 } };
    const segue = createSegue({ url: database.url, plans, cwd: plans, env: {}, actor: "test", settings });
    return new Life(drawn, database, segue, client, await Catalogs.read(database));
  }

  async end(): Promise<void> {
    await this.#client.end();
    await this.#catalogs.end();
    await this.#database.drop();
  }

  /** What it takes to see a failure again. */
  told(): string {
    return `${scriptOf(this.#drawn)}\n\n${planOf(this.#drawn.change)}\n${this.#log.join("\n")}`;
  }

  async run(turn: TurningPoint): Promise<Outcome> {
    try {
      return await this.#through(turn);
    } catch (error) {
      if (error instanceof ReversalStops) return { outcome: "fails as plain DDL does", message: error.message };
      throw error;
    }
  }

  async #through(turn: TurningPoint): Promise<Outcome> {
    await this.#writes(OLD);
    await this.#catalogs.expectRoundTrip(planOf(this.#drawn.change), PLAN);
    try {
      await this.#verb("expand", () => this.#segue.expand(PLAN));
    } catch (error) {
      if (!(error instanceof SegueError) || error.exitCode !== 3) throw error;
      await this.#catalogs.expectBefore();
      return { outcome: "refused", code: error.code, message: error.message };
    }
    await this.#writes(OLD);
    await this.#twin.compare(OLD);
    if (turn === "expanded") {
      await this.#back();
      await this.#verb("expand", () => this.#segue.expand(PLAN));
      await this.#writes(OLD);
    }
    const failure = await this.#fill();
    if (failure !== null) return failure;
    if (turn === "ready") {
      await this.#back();
      await this.#verb("expand", () => this.#segue.expand(PLAN));
      await this.#writes(OLD);
      const again = await this.#fill();
      if (again !== null) return again;
    }
    if (turn === "soaking") {
      if (await this.#cutOver()) {
        await this.#back();
        await this.#verb("expand", () => this.#segue.expand(PLAN));
        await this.#writes(OLD);
        const again = await this.#fill();
        if (again !== null) return again;
      }
    }
    await this.#verb("contract", () => this.#segue.contract(PLAN, { yes: true }));
    await this.#twin.completed();
    await this.#writes(ALONE);
    await this.#twin.compare(ALONE);
    await this.#twin.changePlainly();
    await this.#catalogs.expectTwins();
    return { outcome: "completed" };
  }

  /** The backfill, and the writes of both versions that may follow it. */
  async #fill(): Promise<Outcome | null> {
    const error = await this.#verb("backfill", () => this.#segue.backfill(PLAN)).catch((thrown: unknown) => thrown);
    const refused = await this.#twin.changeRows();
    if (error === undefined && refused > 0) throw new Error(`${refused} rows of the twin can't be changed`);
    if (failed(error) && (refused > 0 || (await this.#twin.plainDdlFails()))) {
      await this.#back();
      return { outcome: "fails as plain DDL does", message: error.message };
    }
    if (error instanceof Error) throw error;
    await this.#writes(OLD);
    await this.#writes(NEW);
    await this.#twin.compare(OLD);
    await this.#twin.compare(NEW);
    return null;
  }

  /** Contract up to the soak; false if nothing is hidden, so that nothing soaks. */
  async #cutOver(): Promise<boolean> {
    try {
      await this.#verb("contract", () => this.#segue.contract(PLAN));
      return false;
    } catch (error) {
      // It drops nothing without a word from a person.
      if (!(error instanceof SegueError) || error.code !== "SEG0306") throw error;
    }
    await this.#writes(ALONE);
    await this.#twin.compare(ALONE);
    return true;
  }

  async #back(): Promise<void> {
    const { reversal } = this.#drawn.change;
    const options = { ...(reversal as ReverseVerbOptions | undefined) };
    const error = await this.#verb("reverse", () => this.#segue.reverse(PLAN, options)).catch(
      (thrown: unknown) => thrown,
    );
    const refused = await this.#twin.takeRowsBack();
    if (failed(error) && refused > 0) throw new ReversalStops(error.message);
    if (error instanceof Error) throw error;
    if (refused > 0) throw new Error(`${refused} rows of the twin can't be taken back`);
    await this.#catalogs.expectBefore(this.#drawn.change.stays);
    await this.#twin.compare(OLD);
    await this.#writes(OLD);
    await this.#twin.compare(OLD);
  }

  async #verb(name: string, run: () => Promise<unknown>): Promise<void> {
    this.#log.push(`-- ${name}`);
    try {
      await run();
    } finally {
      await this.#twin.fill();
    }
  }

  /** Every drawn write of a version, on the table and on its twin: both accept it, or refuse it for the same reason. */
  async #writes(speaker: Speaker): Promise<void> {
    for (const drawn of this.#drawn.traffic[speaker.side]) {
      const write = this.#writer.write(speaker, drawn);
      if (write === null) continue;
      this.#log.push(`${write.real}; -- ${speaker.side}`);
      const real = await this.#try(write.real);
      // Where the change forbids what was allowed, the twin must not get what the table refused.
      const twin = real === null || this.#drawn.change.constrains !== true ? await this.#try(write.twin) : real;
      if (real !== twin)
        throw new Error(`${write.real}\nends with ${real ?? "success"}, on the twin with ${twin ?? "success"}`);
      await this.#twin.fill();
    }
  }

  /** The SQLSTATE, or null for success. */
  async #try(sql: string): Promise<string | null> {
    try {
      await this.#client.query(sql);
      return null;
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  }
}

/** A reversal that must stop: rows can't be what they were, as what they need is gone. */
class ReversalStops extends Error {}

/** True if a verb began, and did not get to its end. */
function failed(error: unknown): error is SegueError {
  return error instanceof SegueError && error.exitCode === 1;
}
