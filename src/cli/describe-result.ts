import { nextCommand, type VerbResult } from "../index.ts";
import type { Context } from "./context.ts";
import { printable } from "./printable.ts";

/** Prints where a verb left a rollout, and the command that goes on from there. */
export function reportResult({ output, suggest }: Pick<Context, "output" | "suggest">, result: VerbResult): void {
  const next = nextCommand(result);
  const { bold } = output.colors;
  const lines = [
    result.changed ? sentence(result) : `Nothing to do. ${sentence(result)}`,
    ...(next === null ? [] : [`${bold("Next:")} ${suggest(advice(result, next))}`]),
  ];
  output.result("result", { ...result, next: next === null ? null : suggest(next) }, lines.join("\n"));
}

function sentence({ plan, state, soakEndsAt, catalogRestored }: VerbResult): string {
  const name = printable(plan);
  switch (state) {
    case "planned":
      return `${name} is planned: nothing ran yet.`;
    case "expanding":
    case "backfilling":
    case "contracting":
    case "dropping":
    case "reversing":
      return `${name} is ${state}.`;
    case "expanded":
      return `${name} is expanded: the new shape stands and is kept in sync; rows from before are not filled yet. Not yet safe to deploy.`;
    case "ready":
      return `${name} is ready. Safe to deploy: old and new application versions may run in any mix.`;
    case "soaking":
      return `${name} is soaking${soakEndsAt === null ? "" : ` until ${soakEndsAt}`}: the old shape is hidden and kept in sync, and comes back with segue reverse.`;
    case "completed":
      return `${name} is completed: nothing is left to do.`;
    case "reversed":
      return catalogRestored === true
        ? `${name} is reversed: the catalog is as it was before expand.`
        : `${name} is reversed: what it did is taken back.`;
    default:
      return state satisfies never;
  }
}

function advice({ plan, state, soakEndsAt }: VerbResult, next: string): string {
  // An inverse rollout goes back: what it makes ready for is the version from before.
  const version = plan.endsWith("~inverse") ? "old" : "new";
  if (state === "ready") return `deploy the ${version} version everywhere, then ${next}`;
  if (state === "soaking" && soakEndsAt !== null) return `after that, ${next}`;
  if (state === "reversed") return `${next} starts anew`;
  return next;
}
