import { basename, dirname } from "node:path";

/** What the name of a plan's file says. */
export interface PlanName {
  /** The file's name without its ending, or the name of the folder that is the plan. */
  readonly id: string;
  /** The digits in front. */
  readonly version: string;
  readonly name: string;
  readonly form: "yaml" | "sql";
  /** For `.sql`: `up` and `down` are the halves of a pair, `whole` may be both or have a `.down.sql` beside it. */
  readonly part: "whole" | "up" | "down";
}

const ENDINGS = [
  [".up.sql", "sql", "up"],
  [".down.sql", "sql", "down"],
  [".sql", "sql", "whole"],
  [".yaml", "yaml", "whole"],
  [".yml", "yaml", "whole"],
] as const;

/** True if a file of a folder of plans claims to be one. */
export function looksLikePlan(path: string): boolean {
  const file = basename(path);
  return !file.startsWith(".") && ENDINGS.some(([ending]) => file.toLowerCase().endsWith(ending));
}

/** The two halves of a plan that is a folder, as Prisma makes them: `<version>_<name>/migration.sql`. */
export const FOLDER_PARTS = { up: "migration.sql", down: "down.sql" } as const;

/**
 * Reads `<version>_<name>.yaml|.yml|.sql|.up.sql|.down.sql` and `<version>_<name>/migration.sql|down.sql`; a sentence on
 * what is wrong for any other name.
 */
export function planName(path: string): PlanName | string {
  const file = basename(path);
  const folder = basename(dirname(path));
  if (file === FOLDER_PARTS.up && folder !== ".") return named(folder, "", { form: "sql", part: "whole" });
  if (file === FOLDER_PARTS.down && folder !== ".") return named(folder, "", { form: "sql", part: "down" });
  const found = ENDINGS.find(([ending]) => file.endsWith(ending));
  if (found === undefined)
    return `a plan's file is named <version>_<name>.yaml, .yml, .sql or .up.sql, not \`${file}\``;
  const [ending, form, part] = found;
  return named(file.slice(0, -ending.length), ending, { form, part });
}

function named(id: string, ending: string, rest: Pick<PlanName, "form" | "part">): PlanName | string {
  const file = `${id}${ending}`;
  const match = /^(\d+)_(.+)$/s.exec(id);
  if (match?.[1] === undefined || match[2] === undefined)
    return `a plan's ${ending === "" ? "folder" : "file"} is named <version>_<name>${ending} with digits for the version, like 20261122101500_add_email${ending}; not \`${file}\``;
  const [, version, name] = match;
  const odd = /[^\p{L}\p{N}\p{M}_-]/u.exec(name);
  if (odd !== null)
    return `the name of a plan is letters, digits, \`_\` and \`-\`; \`${odd[0]}\` in \`${file}\` is none of them`;
  if (Buffer.byteLength(id) > 200)
    return `the name of a plan is at most 200 bytes; \`${file}\` has ${Buffer.byteLength(id)}`;
  return { id, version, name, ...rest };
}
