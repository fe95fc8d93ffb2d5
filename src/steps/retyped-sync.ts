import type { LowerContext } from "./step-kind.ts";
import type { Derivation, Sync } from "./sync-pairs.ts";
import { renamedTypes } from "./type-entries.ts";

/** A sync as it reads after the cut-over, where that gives types other names: its function casts to them. */
export function retypedSync(sync: Sync, context: LowerContext): Sync {
  const names = renamedTypes(context);
  if (names.size === 0) return sync;
  const called = (type: string): string => names.get(type) ?? type;
  const derivation = (derived: Derivation): Derivation => ({
    ...derived,
    type: called(derived.type),
    sourceType: derived.sourceType === null ? null : called(derived.sourceType),
  });
  const pairs = sync.pairs.map((pair) => ({
    ...pair,
    forward: pair.forward.map(derivation),
    reverse: pair.reverse.map(derivation),
  }));
  return { ...sync, pairs };
}
