import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { MAJORS } from "../support/postgres.ts";
import { type DrawnChange, DRAWS, OF_MANY } from "./draws.ts";
import type { DrawnLife } from "./drawn-life.ts";
import { live, type Outcome } from "./life.ts";
import { TABLE_KINDS, type TableKind, TURNING_POINTS } from "./model.ts";
import { type Cell, checkSupportTable } from "./support-table.ts";
import { drawnTraffic } from "./schema.ts";

/** How many lives all tests together have at least, spread over the cells, where `SEGUE_PROPERTY_RUNS` does not say how many each has. */
const LIVES = 360;
/** A refusal may be of what was drawn on the column: only after so many more is it the table's. */
const REFUSALS = 8;
const SEED = Number(process.env["SEGUE_PROPERTY_SEED"] ?? 20_261_125);

const operations = Object.keys(DRAWS);
const CELLS = operations.length * TABLE_KINDS.length * MAJORS.length;

/** Of what is drawn from many operations a cell has at least so many. */
const LIVES_OF_MANY = 3;

/** How many lives a cell has: the cells that have one more than others lie among them evenly. */
function runsOf(cell: number, kind: string): number {
  const asked = process.env["SEGUE_PROPERTY_RUNS"];
  if (asked !== undefined) return Number(asked);
  const upTo = (cells: number): number => Math.ceil((cells * LIVES) / CELLS);
  return Math.max(OF_MANY.includes(kind) ? LIVES_OF_MANY : 1, upTo(cell + 1) - upTo(cell));
}

/**
 * Draws lives of every operation on tables of one kind, on each major. The seed is fixed: `SEGUE_PROPERTY_SEED` and
 * `SEGUE_PROPERTY_RUNS` ask for others and for more.
 */
export function livesOn(table: TableKind): void {
  const places = Object.entries(DRAWS).flatMap(([kind, draw]) => MAJORS.map((major) => ({ kind, major, draw })));
  const cells: Cell[] = [];
  afterAll(() => checkSupportTable(table, cells, places.length));
  test.each(places)(`$kind on ${nameOf(table)} of PostgreSQL $major`, { timeout: 3_600_000 }, async (place) => {
    const outcomes: Outcome[] = [];
    const cell = TABLE_KINDS.indexOf(table) * places.length + places.indexOf(place);
    const runs = runsOf(cell, place.kind);
    const seed = SEED + operations.indexOf(place.kind) * 100 + TABLE_KINDS.indexOf(table) * 10 + (place.major % 10);
    const run = (from: number, numRuns: number, isEnough: () => boolean): Promise<void> =>
      fc.assert(
        fc.asyncProperty(drawnLife(place.draw(table)), async (life) => {
          if (!isEnough()) outcomes.push(await live(place.major, life));
        }),
        { numRuns, seed: from, endOnFailure: process.env["SEGUE_PROPERTY_SHRINK"] === "0" },
      );
    await run(seed, runs, () => false);
    const isWorking = (): boolean => outcomes.some(({ outcome }) => outcome !== "refused");
    if (!isWorking()) await run(seed + 1_000, REFUSALS, isWorking);
    expect(outcomes.length).toBeGreaterThanOrEqual(runs);
    cells.push({ operation: place.kind, table, major: place.major, outcomes });
  });
}

function nameOf(table: TableKind): string {
  return {
    plain: "a table",
    "no primary key": "a table without a primary key",
    unlogged: "an unlogged table",
    partitioned: "a partitioned table",
    inherited: "a table with inheritance children",
  }[table];
}

function drawnLife(draw: fc.Arbitrary<DrawnChange>): fc.Arbitrary<DrawnLife> {
  return fc
    .record({ drawn: draw, traffic: drawnTraffic, turn: fc.constantFrom(...TURNING_POINTS) })
    .map(({ drawn, ...rest }) => ({ ...rest, ...drawn }));
}
