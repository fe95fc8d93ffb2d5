import { parseArgs } from "node:util";
import type { Clients } from "./measure.ts";
import { METHODS, type MethodName } from "./method.ts";
import { FULL, type Scenario } from "./scenario.ts";
import { type Shape, STANDARD } from "./shape.ts";

/** What a run of the benchmark was asked for. */
export interface Options {
  readonly scenarios: readonly Scenario[];
  /** Whether the cost a row of a large and a small table is compared. */
  readonly scale: boolean;
  readonly clients: Clients;
  /** Milliseconds within which the rounds end; null: as many rounds as were asked for. */
  readonly budget: number | null;
  readonly url: string | null;
  /** The folder that results are written to. */
  readonly out: string;
  readonly json: boolean;
  /** Whether a goal that is missed makes the run fail. */
  readonly check: boolean;
}

/** An input that can't be understood; its message is for people. */
export class UsageError extends Error {}

/** Under three minutes, with what the server's start and the last files take. */
const QUICK_BUDGET_MS = 160_000;
/** So many that five rounds have room in it on two processors. */
const QUICK_ROWS = 200_000;

const FLAGS = {
  quick: { type: "boolean" },
  full: { type: "boolean" },
  rows: { type: "string" },
  rounds: { type: "string" },
  "load-rounds": { type: "string" },
  methods: { type: "string" },
  width: { type: "string" },
  indexes: { type: "string" },
  keys: { type: "string" },
  fillfactor: { type: "string" },
  "shared-buffers": { type: "string" },
  rate: { type: "string" },
  connections: { type: "string" },
  url: { type: "string" },
  out: { type: "string" },
  json: { type: "boolean" },
  check: { type: "boolean" },
} as const;

const OF_ONE_TABLE = [
  "rows",
  "rounds",
  "load-rounds",
  "width",
  "indexes",
  "keys",
  "fillfactor",
  "shared-buffers",
] as const;

/** @throws UsageError for a flag or a value that is not known */
export function parseOptions(argv: readonly string[]): Options {
  const values = parse(argv);
  const methods = methodNames(values.methods);
  const clients = { rate: whole("rate", values.rate, 500), connections: whole("connections", values.connections, 8) };
  const common = {
    clients,
    url: values.url ?? null,
    out: values.out ?? ".cache/bench",
    json: values.json ?? false,
    check: values.check ?? false,
  };
  if (values.full === true) {
    const apart = OF_ONE_TABLE.find((flag) => values[flag] !== undefined);
    if (values.quick === true || apart !== undefined)
      throw new UsageError(`--full measures a list of tables of its own: it does not go with --${apart ?? "quick"}`);
    const scenarios = FULL.map((scenario) => ({
      ...scenario,
      methods: scenario.methods.filter((name) => methods.includes(name)),
    }));
    return { ...common, scenarios, scale: true, budget: null };
  }
  const scenario: Scenario = {
    name: "standard",
    shape: shapeOf(values),
    methods,
    rounds: whole("rounds", values.rounds, 5),
    loadRounds: whole("load-rounds", values["load-rounds"], 1, 0),
    triggers: true,
    sharedBuffers: values["shared-buffers"] ?? "1GB",
  };
  const budget = values.rounds === undefined ? QUICK_BUDGET_MS : null;
  return { ...common, scenarios: [scenario], scale: false, budget };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function shapeOf(values: ReturnType<typeof parse>): Shape {
  return {
    rows: whole("rows", values.rows, QUICK_ROWS),
    width: oneOf("width", values.width ?? STANDARD.width, ["narrow", "standard", "wide"]),
    indexes: oneOf("indexes", Number(values.indexes ?? STANDARD.indexes), [0, 2, 5]),
    keys: oneOf("keys", values.keys ?? STANDARD.keys, ["sequential", "random"]),
    fillfactor: oneOf("fillfactor", Number(values.fillfactor ?? STANDARD.fillfactor), [90, 100]),
  };
}

function methodNames(text: string | undefined): MethodName[] {
  if (text === undefined) return [...METHODS];
  const wanted = text.split(",").map((name) => oneOf("methods", name.trim(), METHODS));
  return METHODS.filter((name) => wanted.includes(name));
}

function whole(flag: string, text: string | undefined, otherwise: number, least = 1): number {
  if (text === undefined) return otherwise;
  const value = Number(text.replaceAll("_", ""));
  if (!Number.isSafeInteger(value) || value < least || text.trim() === "")
    throw new UsageError(`--${flag} takes a whole number from ${least} on, not ${JSON.stringify(text)}`);
  return value;
}

function oneOf<T extends string | number>(flag: string, value: string | number, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new UsageError(`--${flag} takes ${known.join(", ")}, not ${JSON.stringify(value)}`);
  return found;
}
