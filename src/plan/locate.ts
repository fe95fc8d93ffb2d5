import { isScalar } from "yaml";
import type { Locate, Plan } from "../model/plan.ts";
import { scalarOffset } from "./scalar-offset.ts";
import type { SourceFile } from "./source-file.ts";
import { nodeAt, offsetAt, type YamlFile } from "./yaml-file.ts";

type Place = NonNullable<ReturnType<Locate>>;
type LocateInside = (path: readonly (string | number)[], offset: number) => Place | undefined;

/** By the plan's own `locate`, which survives a copy of the plan; a plan that was read from the journal has no file. */
const inside = new WeakMap<Locate, LocateInside>();

/** Plan.locate for a YAML file. Where a path ends early (a missing key), the deepest part that stands in the file. */
export function locateInYaml(file: YamlFile): Locate {
  const locate: Locate = (path) => file.source.place(offsetAt(file, path, "value"));
  inside.set(locate, (path, offset) => {
    const { node, found } = nodeAt(file, path);
    if (!found || !isScalar(node)) return locate(path);
    return file.source.place(scalarOffset(node, file.source.text, offset));
  });
  return locate;
}

/** Plan.locate for plain SQL: each part of the plan begins at an offset of a file. */
export function locateInSql(
  whole: SourceFile,
  part: (path: readonly (string | number)[]) => { readonly source: SourceFile; readonly start: number },
): Locate {
  const locate: Locate = (path) => {
    if (path.length === 0) return whole.place(0);
    const { source, start } = part(path);
    return source.place(start);
  };
  inside.set(locate, (path, offset) => {
    const { source, start } = part(path);
    return source.place(start + offset);
  });
  return locate;
}

/**
 * The place in the file of a character of a scalar's value: where an SQL expression is wrong. Exact for plain and
 * quoted scalars, for `|` and, between words, for `>`.
 */
export function locateInScalar(
  plan: Pick<Plan, "locate">,
  path: readonly (string | number)[],
  offset: number,
): Place | undefined {
  return (inside.get(plan.locate) ?? plan.locate)(path, offset);
}
