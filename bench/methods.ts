import type { Method, MethodName } from "./method.ts";
import { pgrollProgram, pgrollVersion } from "./pgroll-method.ts";
import { segueMethod } from "./segue-method.ts";
import { keysetBatches, oneUpdate, pgrollStatement } from "./statement-methods.ts";

const ALL: Record<MethodName, Method> = {
  update: oneUpdate,
  keyset: keysetBatches,
  pgroll_statement: pgrollStatement,
  segue_1: segueMethod(1),
  segue_2: segueMethod(2),
  pgroll: pgrollProgram,
};

/** The methods of these names that can run here: pgroll itself only where the program is on PATH. */
export async function methodsOf(names: readonly MethodName[]): Promise<Method[]> {
  const hasPgroll = names.includes("pgroll") && (await pgrollVersion()) !== null;
  return names.filter((name) => name !== "pgroll" || hasPgroll).map((name) => ALL[name]);
}

/** What a method is called for people. */
export function labelOf(name: MethodName): string {
  return ALL[name].label;
}
