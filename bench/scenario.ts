import type { MethodName } from "./method.ts";
import { METHODS } from "./method.ts";
import { type Shape, STANDARD } from "./shape.ts";

/** One table and what is measured on it. */
export interface Scenario {
  readonly name: string;
  readonly shape: Shape;
  readonly methods: readonly MethodName[];
  readonly rounds: number;
  /** Rounds with clients; 0: none. */
  readonly loadRounds: number;
  /** Whether the clients' own writes are measured with each trigger. */
  readonly triggers: boolean;
  readonly sharedBuffers: string;
}

const ROUNDS = 5;
const plain = { rounds: ROUNDS, loadRounds: 0, triggers: false, sharedBuffers: "2GB" };
const withoutPgroll: readonly MethodName[] = ["update", "keyset", "segue_1", "segue_2"];
const small = { ...STANDARD, rows: 500_000 };

/** What `--full` measures; the first is the one that the summary and the goals speak of. */
export const FULL: readonly Scenario[] = [
  {
    ...plain,
    name: "standard",
    shape: { ...STANDARD, rows: 2_000_000 },
    methods: METHODS,
    loadRounds: ROUNDS,
    triggers: true,
  },
  { ...plain, name: "500k", shape: small, methods: METHODS },
  { ...plain, name: "narrow", shape: { ...small, width: "narrow" }, methods: withoutPgroll },
  { ...plain, name: "wide", shape: { ...small, width: "wide" }, methods: withoutPgroll },
  { ...plain, name: "0 indexes", shape: { ...small, indexes: 0 }, methods: withoutPgroll },
  { ...plain, name: "5 indexes", shape: { ...small, indexes: 5 }, methods: withoutPgroll },
  { ...plain, name: "random keys", shape: { ...small, keys: "random" }, methods: withoutPgroll },
  { ...plain, name: "fillfactor 90", shape: { ...small, fillfactor: 90 }, methods: withoutPgroll },
  {
    ...plain,
    name: "larger than shared_buffers",
    shape: { ...STANDARD, rows: 2_000_000 },
    methods: withoutPgroll,
    sharedBuffers: "64MB",
  },
];

/** The two sizes whose cost a row `--full` compares, in turn. */
export const SCALE = { small: small.rows, large: 10_000_000, rounds: ROUNDS } as const;
