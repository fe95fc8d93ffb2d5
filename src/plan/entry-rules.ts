import { PHASES, type Phase } from "../model/phase.ts";
import { GATE_FIELDS, IMPLICIT_GATES, UNSUPPORTED_GATES } from "./gate-fields.ts";
import type { EntryRules } from "./read-entry.ts";
import type { Vocabulary } from "./vocabulary.ts";

export function operationRules(vocabulary: Vocabulary): EntryRules {
  return {
    what: "operation",
    kinds: vocabulary.operations,
    elsewhere(kind) {
      const step = own(vocabulary.steps, kind);
      return step === undefined
        ? null
        : `\`${kind}\` is a step, not an operation; it goes under ${phases(step.phases)}`;
    },
  };
}

export function stepRules(phase: Phase, vocabulary: Vocabulary): EntryRules {
  const kinds = Object.entries(vocabulary.steps).filter(([, step]) => step.phases.includes(phase));
  return {
    what: `step of ${phase}`,
    kinds: Object.fromEntries(kinds.map(([kind, step]) => [kind, step.fields])),
    elsewhere(kind) {
      const step = own(vocabulary.steps, kind);
      if (step !== undefined) return `\`${kind}\` can't stand in ${phase}; it goes under ${phases(step.phases)}`;
      return own(vocabulary.operations, kind) === undefined
        ? null
        : `\`${kind}\` is an operation, not a step; it goes under \`operations\``;
    },
  };
}

export function gateRules(): EntryRules {
  return {
    what: "gate",
    kinds: GATE_FIELDS,
    elsewhere(kind) {
      if ((UNSUPPORTED_GATES as readonly string[]).includes(kind))
        return `the gate \`${kind}\` is not supported by this version; take it out, or ask the same with \`query\` or \`approval\``;
      if ((IMPLICIT_GATES as readonly string[]).includes(kind))
        return `the gate \`${kind}\` always holds contract back; it is not written in a plan`;
      return null;
    },
  };
}

function own<T>(words: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(words, word) ? words[word] : undefined;
}

function phases(allowed: readonly Phase[]): string {
  return PHASES.filter((phase) => allowed.includes(phase))
    .map((phase) => `\`${phase}\``)
    .join(" or ");
}
