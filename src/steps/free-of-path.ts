import { type Catalog, factKey, type Question, type Table } from "../model/catalog.ts";
import type { Expression } from "../sql/expression.ts";
import { lookedUpNames, type LookedUpNames } from "../sql/looked-up-names.ts";
import { isOwnType } from "../sql/own-type.ts";
import type { LowerContext } from "./step-kind.ts";
import type { Derivation, Sync, SyncFields } from "./sync-pairs.ts";

type Scalar = string | number | boolean | undefined;
type Context = Pick<LowerContext, "catalog" | "entries">;
type Assigned = Pick<Derivation, "expression" | "type">;

const NONE: LookedUpNames = { functions: [], operators: [], types: [] };

/** What must be asked so that a sync by these expressions, and by plain columns, may leave its search_path open. */
export function nameQuestions(expressions: readonly Scalar[]): readonly Question[] {
  const asked = expressions.flatMap((one) => (one === undefined ? [] : [lookedUpNames(String(one))]));
  const questions = [NONE, ...asked].flatMap((names) => (names === null ? [] : [questionOf(names)]));
  return [...new Map(questions.map((question) => [factKey(question), question])).values()];
}

export function syncQuestions({ defaults, fill, forward, reverse }: Omit<SyncFields, "table">): readonly Question[] {
  return nameQuestions([forward, reverse, fill, defaults].flatMap((map) => Object.values(map ?? {})));
}

/**
 * A sync whose function need not set a search_path, which costs every write, if it means the same on any. Only the server's own
 * types, functions and operators may be in it, and none may have a namesake elsewhere: pg_catalog comes first only in a path
 * that does not name it. Where that is not certain the function sets its path. What comes into being later is not seen.
 */
export function freeOfPath(sync: Sync, context: Context): Sync {
  const derived = [...sync.pairs.flatMap((pair) => [...pair.forward, ...pair.reverse]), ...sync.fill, ...sync.defaults];
  const settled = (all: readonly Derivation[]): readonly Derivation[] =>
    all.map((one) => ({ ...one, expression: settledExpression(one, context) }));
  return {
    ...sync,
    anyPath: isFreeOfPath(sync.table, derived, context),
    pairs: sync.pairs.map((pair) => ({ ...pair, forward: settled(pair.forward), reverse: settled(pair.reverse) })),
    fill: settled(sync.fill),
    defaults: settled(sync.defaults),
  };
}

/** True for a function of a table's rows that means the same on any search_path, if it does nothing but assign these. */
export function isFreeOfPath(table: Table, assigned: readonly Assigned[], { catalog, entries }: Context): boolean {
  // A script of the plan may make anything.
  if (entries.some(({ spec }) => spec.kind === "sql")) return false;
  return (
    typesOf(table, assigned).every((type) => isOwnType(type) && !namesObjects(type)) &&
    assigned.every(({ expression }) => isKnown(expression.text, catalog))
  );
}

/**
 * What is assigned to a column of the server's own types, with the types in it from pg_catalog, if all its names are the server's
 * own too. Whatever else is assigned: the function's text must come out the same wherever in a plan it is made.
 */
export function settledExpression({ expression, type }: Assigned, { catalog }: Pick<Context, "catalog">): Expression {
  return isOwnType(type) && isKnown(expression.text, catalog) ? expression.withOwnTypes() : expression;
}

function isKnown(text: string, { facts }: Catalog): boolean {
  const names = lookedUpNames(text);
  return [NONE, names].every((one) => {
    const fact = one === null ? undefined : facts[factKey(questionOf(one))];
    return fact !== undefined && "anyPath" in fact && fact.anyPath;
  });
}

function questionOf({ functions, operators, types }: LookedUpNames): Question {
  return { ask: "names", functions, operators, types };
}

/** Of the columns that are assigned, that are read, and that name a row which is put aside. */
function typesOf(table: Table, assigned: readonly Assigned[]): readonly string[] {
  const key = table.constraints.find(({ kind }) => kind === "primary key")?.columns;
  const read = new Set([...assigned.flatMap(({ expression }) => expression.columns), ...(key ?? [])]);
  const columns = key === undefined ? table.columns : table.columns.filter(({ name }) => read.has(name));
  return [...assigned, ...columns].map(({ type }) => type);
}

/** regclass and its like: what they read and write depends on the path. */
function namesObjects(type: string): boolean {
  return type.startsWith("reg");
}
