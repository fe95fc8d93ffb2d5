import type { Plan } from "../model/plan.ts";

/** Versions are compared as numbers, so that `9_a` stands before `10_b`; ids break ties. */
export function byVersion(a: Pick<Plan, "version" | "id">, b: Pick<Plan, "version" | "id">): number {
  const [left, right] = [BigInt(a.version), BigInt(b.version)];
  return left < right ? -1 : left > right ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
