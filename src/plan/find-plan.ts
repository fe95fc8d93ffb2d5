import { resolve } from "node:path";
import { SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import { nearestName } from "../sql/nearest-name.ts";

/**
 * The plan that a word of the command line means: its id, its file, its version or its name, the first of these
 * that fits any plan.
 *
 * @throws SegueError SEG0002 if it fits none, or several.
 */
export function findPlan(plans: readonly Plan[], word: string): Plan {
  const ways: readonly ((plan: Plan) => boolean)[] = [
    ({ id }) => id === word,
    ({ file }) => resolve(file) === resolve(word),
    ({ version }) => /^\d+$/.test(word) && BigInt(version) === BigInt(word),
    ({ name }) => name === word,
  ];
  for (const way of ways) {
    const found = plans.filter(way);
    if (found.length > 1) {
      throw new SegueError("SEG0002", {
        message: `\`${word}\` fits ${found.length} plans`,
        problems: found.map(({ id, file }) => ({ message: id, at: { file, line: 1, column: 1 } })),
        next: "Give the plan's id.",
      });
    }
    if (found[0] !== undefined) return found[0];
  }
  const near = nearestName(
    word,
    plans.flatMap(({ id, name }) => [id, name]),
  );
  const hint = near === undefined ? "" : `; did you mean \`${near}\`?`;
  throw new SegueError("SEG0002", {
    message:
      plans.length === 0
        ? `there is no plan \`${word}\`: the folder of plans is empty`
        : `there is no plan \`${word}\`${hint}`,
    next: plans.length === 0 ? "Write one, or make it with `segue new`." : "`segue status` lists all plans.",
  });
}
