import type { Catalog } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import type { Touch } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import type { Version } from "../model/versioned.ts";
import { byteLength, deriveName, MAX_NAME_BYTES } from "../sql/identifier.ts";
import { type ShownTable, shownTables } from "../steps/shown-tables.ts";
import type { Lowered, LowerContext } from "../steps/step-kind.ts";
import { dropVersion, hideVersion, makeVersion } from "../steps/version-schema.ts";

/** What versioned schemas add to a program. */
export interface VersionParts {
  readonly versions: readonly Version[];
  /** Goes before all else of the contract: views stand in the way of what it drops. */
  readonly first: Lowered;
  /** Ends the backfill: the new version finds its schema once the rollout is ready. */
  readonly last: Lowered;
  /** What keeps another rollout that makes a version of the same schema from coming between. */
  readonly touches: readonly Touch[];
}

/** The schema that shows a plan's version of a schema's tables: `public_20261122110706`. */
function versionName(of: string, { id, version }: Plan): string {
  const name = `${of}_${version}`;
  return byteLength(name) <= MAX_NAME_BYTES ? name : deriveName("", name, id);
}

/**
 * The versioned schemas of a plan: one for each schema whose tables it touches.
 *
 * @param context What the plan's entries leave.
 * @throws SegueError SEG0101 if the name of one is taken, SEG0207 if none may be created, SEG0102 if what an inverse would take away is not the newest
 */
export function versionParts(
  plan: Plan,
  before: Catalog,
  context: LowerContext,
  touches: readonly Touch[],
): VersionParts {
  const touched = [...new Set(touches.map(({ table }) => table.schema))];
  const versions = (touched.length === 0 ? [before.defaultSchema] : touched).map((of) => versionOf(of, plan, before));
  const shown = versions.map((version) => ({ version, tables: shownTables(version.of, before, context) }));
  const replaced = versions.flatMap(({ replaces }) => replaces);
  const visible = shown.map(({ tables }) => tables.filter((table) => leftOut(table, before.major) === null));
  return {
    versions,
    first: { cutover: replaced.map(hideVersion), drop: replaced.map(dropVersion) },
    last: {
      ready: shown.flatMap(({ version: { of, schema } }, index) =>
        schema === null ? [] : [makeVersion(of, schema, visible[index] ?? [], before.major)],
      ),
      // A column or table that another rollout takes back or away would be held by its view.
      reads: shown.flatMap(({ tables }) => tables.map(({ table }) => ({ table, column: null }))),
      warnings: shown.flatMap(({ version: { schema }, tables }) =>
        schema === null ? [] : tables.flatMap((table) => warningsOf(table, schema, before.major)),
      ),
    },
    touches: versions.map(({ of }) => ({ table: { schema: of, name: "(versioned schemas)" }, column: null })),
  };
}

function versionOf(of: string, plan: Plan, { versioned }: Catalog): Version {
  const { takesBack } = plan;
  const standing = (versioned?.standing ?? []).filter((one) => one.of === of);
  const schema = takesBack === undefined ? versionName(of, plan) : (takesBack.find((one) => one.of === of)?.to ?? null);
  if (schema !== null && versioned?.schemas.includes(schema) === true)
    throw new SegueError("SEG0101", {
      message: `there is a schema ${schema} already, which is the name of this plan's version of ${of}`,
      object: schema,
      next: "drop or rename that schema, or give the plan another version",
    });
  if (schema !== null && versioned?.mayCreate === false)
    throw new SegueError("SEG0207", {
      message: `this role may not create a schema in the database, and the plan makes ${schema}`,
      object: schema,
      left: "Nothing changed.",
      next: "GRANT CREATE ON DATABASE to it, or leave `views` out",
    });
  const own = takesBack?.find((one) => one.of === of)?.from;
  const newer = takesBack === undefined ? undefined : standing.find((one) => one.schema !== own);
  if (newer !== undefined)
    throw new SegueError("SEG0102", {
      message: `the versioned schema ${newer.schema} is newer than what would be taken back, and may be in use`,
      object: newer.schema,
      next: "reverse the plan that it is of first",
    });
  return {
    of,
    schema,
    replaces: standing.map((one) => ({
      schema: one.schema,
      hidden: deriveName("segue_old_", one.schema, plan.id),
      views: one.views,
    })),
  };
}

/** Why a table is not shown. Before 15 a view reads and writes with the rights of its owner: the role that runs Segue. */
function leftOut({ rowSecurity, reachable }: ShownTable, major: number): string | null {
  if (major >= 15) return null;
  if (rowSecurity) return "it has row security, and before PostgreSQL 15 a view would show everyone every row";
  return reachable
    ? null
    : "the role that runs Segue may not read and write it, and before PostgreSQL 15 nobody could through a view of that role";
}

/** What is otherwise through a view than at the table itself. */
function warningsOf(shown: ShownTable, schema: string, major: number): readonly string[] {
  const name = relationKey(shown.table);
  const why = leftOut(shown, major);
  if (why !== null) return [`${name} is left out of ${schema}: ${why}`];
  return major < 15
    ? []
    : shown.partialReaders.map(
        (role) =>
          `${role} may read some columns of ${name}, and reads nothing of it through ${schema}: there PostgreSQL asks for the right to read every column that the view has`,
      );
}
