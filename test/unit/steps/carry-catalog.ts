import type { Catalog, Column, Constraint, Dependent, Index, Table } from "../../../src/model/catalog.ts";
import { relationKey } from "../../../src/model/relation.ts";

/** Catalogs made by hand, for what needs no server: every part has the values of the plainest case. */
export function catalogOf(major: number, ...tables: Table[]): Catalog {
  return {
    major,
    defaultSchema: "public",
    tables: Object.fromEntries(tables.map((table) => [relationKey(table), table])),
    relationNames: [],
    facts: {},
  };
}

export function tableOf(name: string, parts: Partial<Table> = {}): Table {
  return {
    schema: "public",
    name,
    oid: 1,
    kind: "table",
    persistence: "permanent",
    accessMethod: "heap",
    owner: "owner",
    columns: [],
    constraints: [],
    indexes: [],
    triggers: [],
    statistics: [],
    leaves: [],
    partitions: [],
    parent: null,
    inheritanceChildren: [],
    partitionKeyColumns: [],
    replicaIdentity: { kind: "default", index: null },
    rowSecurity: false,
    subscribed: false,
    dependents: [],
    estimatedRows: 1000,
    bytes: 8192,
    ...parts,
  };
}

export function columnOf(name: string, type: string, parts: Partial<Column> = {}): Column {
  return {
    name,
    attnum: 1,
    type,
    notNull: false,
    notNullConstraint: null,
    notNullValid: true,
    default: null,
    identity: null,
    generated: null,
    sequence: null,
    collation: null,
    storage: "plain",
    defaultStorage: "plain",
    compression: null,
    statisticsTarget: null,
    options: [],
    comment: null,
    grants: [],
    inherited: false,
    ...parts,
  };
}

export function constraintOf(
  kind: Constraint["kind"],
  name: string,
  definition: string,
  columns: string[],
  parts: Partial<Constraint> = {},
): Constraint {
  return {
    name,
    kind,
    definition,
    expression: null,
    columns,
    references: null,
    deferrable: false,
    initiallyDeferred: false,
    valid: true,
    index: null,
    comment: null,
    inherited: false,
    noInherit: false,
    ...parts,
  };
}

export function indexOf(name: string, definition: string, columns: string[], parts: Partial<Index> = {}): Index {
  return {
    schema: "public",
    name,
    definition,
    columns,
    unique: false,
    primary: false,
    exclusion: false,
    valid: true,
    constraint: null,
    parent: null,
    replicaIdentity: false,
    clustered: false,
    comment: null,
    bytes: 8192,
    ...parts,
  };
}

export function dependentOf(
  kind: Dependent["kind"],
  name: string,
  columns: string[],
  evidence: Dependent["evidence"] = "pg_depend",
): Dependent {
  return { kind, name, columns, evidence };
}
