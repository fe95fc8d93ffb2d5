import { consistentRead } from "./consistent-read.ts";
import type { Session } from "./session.ts";
import { COLUMNS } from "./snapshot-columns.ts";
import {
  DEFAULT_PRIVILEGES,
  EVENT_TRIGGERS,
  EXTENSIONS,
  OTHER_OBJECTS,
  PUBLICATIONS,
  PUBLISHED_SCHEMAS,
  publishedTables,
} from "./snapshot-database.ts";
import { SCHEMAS, SEQUENCES, TABLES_AND_VIEWS } from "./snapshot-relations.ts";
import { ROUTINES } from "./snapshot-routines.ts";
import { CONSTRAINTS, INDEXES, POLICIES, RULES, STATISTICS, TRIGGERS } from "./snapshot-table-parts.ts";
import { DOMAIN_CONSTRAINTS, TYPES } from "./snapshot-types.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
/** What is said of an object or a part of one. What does not apply, or is PostgreSQL's default, is left out. */
export type Properties = Readonly<Record<string, Json>>;

export interface SnapshotObject {
  readonly properties: Properties;
  /** `column handle`, `index users_pkey` … */
  readonly parts: Readonly<Record<string, Properties>>;
}

/** A canonical description of the user's part of a database, by names alone: two equal ones are the same catalog. */
export interface Snapshot {
  /** The format of this data; snapshots of different formats can't be compared. */
  readonly format: 1;
  /** `table public.users`, `function public.f(integer)` … */
  readonly objects: Readonly<Record<string, SnapshotObject>>;
}

interface Described {
  readonly object: string;
  readonly part: string | null;
  readonly properties: Properties;
}

/**
 * Describes everything in the schemas (all but the system's and `segue`), and what belongs to the whole database.
 * Contents are no part of it: no rows, no sequence's value, no statistics. A fixed number of queries.
 */
export async function snapshotCatalog(
  session: Session,
  scope: { readonly schemas?: readonly string[] } = {},
): Promise<Snapshot> {
  return consistentRead(session, async () => {
    const { rows } = await session.query<{ major: number }>(
      "SELECT current_setting('server_version_num')::int / 10000 AS major",
    );
    const major = rows[0]?.major ?? 0;
    const described: Described[] = [];
    for (const sql of inSchemas) described.push(...(await session.query<Described>(sql, [scope.schemas ?? null])).rows);
    for (const sql of inDatabase(major)) described.push(...(await session.query<Described>(sql)).rows);
    return { format: 1, objects: assembled(described) };
  });
}

const inSchemas: readonly string[] = [
  SCHEMAS,
  TABLES_AND_VIEWS,
  SEQUENCES,
  COLUMNS,
  CONSTRAINTS,
  INDEXES,
  TRIGGERS,
  RULES,
  POLICIES,
  STATISTICS,
  ROUTINES,
  TYPES,
  DOMAIN_CONSTRAINTS,
  OTHER_OBJECTS,
];

function inDatabase(major: number): string[] {
  const always = [PUBLICATIONS, publishedTables(major), EXTENSIONS, EVENT_TRIGGERS, DEFAULT_PRIVILEGES];
  return major >= 15 ? [...always, PUBLISHED_SCHEMAS] : always;
}

function assembled(described: readonly Described[]): Record<string, SnapshotObject> {
  const objects = new Map<string, { properties: Properties; parts: Map<string, Properties> }>();
  for (const { object, part, properties } of described) {
    const found = objects.get(object) ?? { properties: {}, parts: new Map() };
    objects.set(object, found);
    const said = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
    if (part === null) found.properties = said;
    else found.parts.set(part, said);
  }
  return sorted(objects, ({ properties, parts }) => ({ properties, parts: sorted(parts, (said) => said) }));
}

function sorted<A, B>(map: ReadonlyMap<string, A>, make: (value: A) => B): Record<string, B> {
  const entries = [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, value]) => [name, make(value)]));
}
