import { laterVersions } from "../journal/versions.ts";
import { SegueError } from "../model/errors.ts";
import type { Program } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import { findDependents } from "../postgres/dependents.ts";
import type { Session } from "../postgres/session.ts";
import { standsIn } from "../sql/stands-in.ts";

/**
 * A version that came after a completed rollout shows what that one added: the server would refuse to drop it in the middle
 * of the reversal.
 *
 * @throws SegueError SEG0105 with the plan of that version
 */
export async function refuseShown(session: Session, rollout: string, program: Program): Promise<void> {
  const own = new Set((program.versions ?? []).map(({ schema }) => schema));
  const later = (await laterVersions(session, rollout)).filter(({ schema }) => !own.has(schema));
  if (later.length === 0) return;
  for (const { table, column } of program.touches) {
    const dependents = (await findDependents(session, table)).filter(
      ({ columns }) => column === null || columns.includes(column),
    );
    const version = later.find(({ schema }) => dependents.some(({ name }) => standsIn([schema])(name)));
    if (version === undefined) continue;
    const place = `${relationKey(table)}${column === null ? "" : `.${column}`}`;
    throw new SegueError("SEG0105", {
      message: `the versioned schema ${version.schema} of ${version.plan} shows ${place}`,
      object: place,
      next: `segue reverse ${version.plan} first`,
    });
  }
}
