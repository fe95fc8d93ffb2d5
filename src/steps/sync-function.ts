import type { Table } from "../model/catalog.ts";
import type { RelationName } from "../model/relation.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { dollarQuote, literal } from "../sql/literal.ts";
import { isNotNull, isNull } from "../sql/null-test.ts";
import { typeOnAnyPath } from "../sql/own-type.ts";
import { compareImages } from "../sql/row-image.ts";
import { assignable, fitOrNull, stored } from "./cast.ts";
import { requireColumn } from "./catalog-lookup.ts";
import { columnChanged } from "./column-changed.ts";
import type { Derivation, Pair, Sync } from "./sync-pairs.ts";

/**
 * What the trigger does at its time of life.
 * `healing`: from expand until ready, a row whose new side is still empty is filled by any update that touches it,
 * so that a row that moves during the backfill is never missed. `both`: at ready. `reverse`: after the cut-over,
 * only the hidden side is derived.
 */
export type SyncMode = "healing" | "both" | "reverse";

/** Names the plan in the sessions of its backfill, whose updates bring the new side with them. */
const FILL_SETTING = "segue.filling";

/** Not the expression's fault: the application must see these and try again. */
export const RAISE_PASSING =
  "IF pg_catalog.\"left\"(SQLSTATE, 2) IN ('40', '53', '55', '57', '58', 'XX') THEN RAISE; END IF;";

interface FunctionText {
  readonly sync: Sync;
  readonly name: RelationName;
  readonly plan: string;
  readonly mode: SyncMode;
  /** What a column is called at that time of life: old names to hidden ones, shadows to the column's own. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * CREATE OR REPLACE FUNCTION of a sync. It pins its search_path where that could change what an expression means: the
 * application may have set any. It runs with the writer's rights.
 */
export function syncFunction(text: FunctionText): string {
  const path = [...new Set([text.sync.table.schema, "public"])].map(ident).join(", ");
  const body = syncBody(text);
  // plpgsql parses at the first call, under the settings of whoever calls. Each SET costs every write a little.
  const settings = [
    ...(text.sync.anyPath === true ? [] : [`SET search_path = ${path}, pg_temp `]),
    ...(body.includes("\\") ? ["SET standard_conforming_strings = on "] : []),
  ];
  return (
    `CREATE OR REPLACE FUNCTION ${qualified(text.name)}() RETURNS trigger LANGUAGE plpgsql ` +
    `${settings.join("")}AS ${dollarQuote(body)}`
  );
}

/** The function's source, as pg_proc.prosrc has it. */
export function syncBody({ sync, plan, mode, names }: FunctionText): string {
  const text = new Writer(sync.table, plan, names);
  const lines = [
    // A column that a sub-select of the plan calls `found` is not plpgsql's variable.
    "#variable_conflict use_column",
    "BEGIN",
    ...sync.pairs.flatMap((pair) => text.pair(pair, mode, sync.defaults)),
    // After the cut-over only a hidden column still needs its value: nobody can write it, and it may be NOT NULL.
    ...sync.fill
      .filter(({ column }) => mode !== "reverse" || names.has(column))
      .flatMap((derived) => text.fill(derived, "  ", ` AND ${notFilling(plan)}`)),
    "  RETURN NEW;",
    "END",
  ];
  return `\n${lines.join("\n")}\n`;
}

function allNull(columns: readonly Derivation[], names: ReadonlyMap<string, string> = new Map()): string {
  return columns.map(({ column, type }) => isNull(`NEW.${ident(names.get(column) ?? column)}`, type)).join(" AND ");
}

/**
 * True, as SQL, if the write is not the own fill's: an update that a trigger of the application makes inside a fill is the application's.
 *
 * @param where inside the function the trigger itself counts as one level, in a WHEN clause it does not
 */
export function notFilling(plan: string, where: "function" | "when" = "function"): string {
  const depth = where === "function" ? 1 : 0;
  return `(pg_catalog.current_setting('${FILL_SETTING}', true) IS DISTINCT FROM ${literal(plan)} OR pg_catalog.pg_trigger_depth() > ${depth})`;
}

class Writer {
  readonly #table: Table;
  readonly #plan: string;
  readonly #names: ReadonlyMap<string, string>;

  constructor(table: Table, plan: string, names: ReadonlyMap<string, string>) {
    this.#table = table;
    this.#plan = plan;
    this.#names = names;
  }

  /** A fill brings the new side itself; what a trigger of the application changes of the old side on the way is followed. */
  pair(pair: Pair, mode: SyncMode, defaults: readonly Derivation[]): string[] {
    const toOld = pair.reverse.flatMap((derived) => this.#assign(derived, "    ", "unrepresentable"));
    const changed = this.#changed(pair.forward.map((f) => f.column));
    if (mode === "reverse") {
      if (toOld.length === 0) return [];
      return [`  IF TG_OP = 'INSERT' OR ${changed} THEN`, ...toOld, "  END IF;"];
    }
    const toNew = pair.forward.flatMap((derived) => this.#assign(derived, "    ", "quarantine"));
    return [...this.#ifDerivesNew(pair, mode), ...toNew, ...this.#elseToOld(pair, toOld, defaults), "  END IF;"];
  }

  /** First, and in one expression: each that plpgsql evaluates costs every write a little. */
  #ifDerivesNew(pair: Pair, mode: SyncMode): string[] {
    const unlessFilling = notFilling(this.#plan);
    const changed = this.#changed(pair.forward.map((f) => f.column));
    const empty = `${allNull(pair.forward, this.#names)} AND ${unlessFilling}`;
    const update = [
      ...(pair.reads.length > 0 ? [`${this.#changed(pair.reads)} AND (NOT ${changed} OR NOT ${unlessFilling})`] : []),
      ...(mode === "healing" ? [`${empty} AND NOT ${changed}`] : []),
    ];
    if (update.length === 0) return [`  IF TG_OP = 'INSERT' AND ${empty} THEN`];
    return [
      // plpgsql ends a condition at the first THEN that is not in parentheses.
      "  IF (CASE TG_OP",
      `    WHEN 'INSERT' THEN ${empty}`,
      `    ELSE ${update.join("\n      OR ")}`,
      "  END) THEN",
    ];
  }

  /** The write of a new writer. */
  #elseToOld(pair: Pair, toOld: readonly string[], defaults: readonly Derivation[]): string[] {
    const unlessFilling = notFilling(this.#plan);
    const given = defaults
      .filter(({ column }) => pair.forward.some((f) => f.column === column))
      .flatMap((derived) => this.fill(derived, "    "));
    if (toOld.length === 0)
      return given.length === 0 ? [] : [`  ELSIF TG_OP = 'INSERT' AND ${unlessFilling} THEN`, ...given];
    const changed = this.#changed(pair.forward.map((f) => f.column));
    const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
    return [
      `  ELSIF (TG_OP = 'INSERT' OR ${changed}) AND ${unlessFilling} THEN`,
      "    IF TG_OP = 'INSERT' THEN",
      ...indented([...given, ...this.#unlessConsistent(pair, toOld)]),
      "    ELSE",
      `      IF ${this.#changed(pair.reverse.map((r) => r.column))} THEN`,
      `        ${this.#witness("both_changed")}`,
      "      END IF;",
      ...indented(toOld),
      "    END IF;",
    ];
  }

  fill(derived: Derivation, indent = "  ", also = ""): string[] {
    return [
      `${indent}IF ${allNull([derived], this.#names)}${also} THEN`,
      ...this.#assign(derived, `${indent}  `, "quarantine"),
      `${indent}END IF;`,
    ];
  }

  /**
   * An insert that brings both sides in agreement (a restore, a copy of a row, an update that moves a row to another
   * partition) keeps them: `reverse` may lose something.
   */
  #unlessConsistent(pair: Pair, toOld: readonly string[]): readonly string[] {
    if ([...pair.forward, ...pair.reverse].every((d) => d.sourceType === d.type)) return toOld;
    const side = pair.forward.map((f) => `NEW.${ident(this.#name(f.column))}`);
    const derived = pair.forward.map((f) => stored(f.expression.render("NEW", this.#names), typeOnAnyPath(f.type)));
    const indented = toOld.map((line) => `  ${line}`);
    if (!pair.forward.some((f) => f.guarded))
      return [`    IF ${compareImages(side, "*<>", derived)} THEN`, ...indented, "    END IF;"];
    // A new writer leaves the old side out, and is spared the subtransaction of a guarded block.
    const given = pair.reverse.map((r) => isNotNull(`NEW.${ident(this.#name(r.column))}`, r.type)).join(" OR ");
    return [
      "    DECLARE",
      "      agrees boolean := false;",
      "    BEGIN",
      `      IF ${given} THEN`,
      "        BEGIN",
      `          agrees := ${compareImages(side, "*=", derived)};`,
      "        EXCEPTION WHEN OTHERS THEN",
      `          ${RAISE_PASSING}`,
      "        END;",
      "      END IF;",
      "      IF NOT agrees THEN",
      ...toOld.map((line) => `    ${line}`),
      "      END IF;",
      "    END;",
    ];
  }

  /** `otherwise`: a row without its new side waits for a person; a value that the old side can't hold is counted. */
  #assign(derived: Derivation, indent: string, otherwise: "quarantine" | "unrepresentable"): string[] {
    const target = `NEW.${ident(this.#name(derived.column))}`;
    const value = derived.expression.render("NEW", this.#names);
    if (!derived.guarded) return [`${indent}${target} := ${assignable(value, typeOnAnyPath(derived.type))};`];
    if (derived.expression.column !== null && derived.sourceType !== null) {
      const fitted = fitOrNull(value, derived.sourceType, derived.type);
      if (fitted !== null) return [`${indent}${target} := ${fitted};`];
    }
    return [
      "BEGIN",
      `  ${target} := ${assignable(value, typeOnAnyPath(derived.type))};`,
      "EXCEPTION WHEN OTHERS THEN",
      `  ${RAISE_PASSING}`,
      `  ${target} := NULL;`,
      otherwise === "quarantine"
        ? `  PERFORM segue.quarantine(${this.#here()}, ${this.#key()}, SQLERRM, SQLSTATE);`
        : `  ${this.#witness(otherwise)}`,
      "END;",
    ].map((line) => indent + line);
  }

  #changed(columns: readonly string[]): string {
    return columnChanged(
      columns.map((name) => requireColumn(this.#table, name)),
      (name) => this.#name(name),
    );
  }

  #name(column: string): string {
    return this.#names.get(column) ?? column;
  }

  #here(): string {
    return [this.#plan, this.#table.schema, this.#table.name].map(literal).join(", ");
  }

  #witness(kind: string): string {
    return `PERFORM segue.witness(${this.#here()}, ${literal(kind)});`;
  }

  #key(): string {
    const primary = this.#table.constraints.find((constraint) => constraint.kind === "primary key");
    if (primary === undefined) return "pg_catalog.jsonb_build_object('row', pg_catalog.md5(NEW::pg_catalog.text))";
    const taken = new Set(this.#names.values());
    // After the cut-over a shadow has the key's name; a renamed key is hidden.
    const called = (column: string): string => `NEW.${ident(taken.has(column) ? column : this.#name(column))}`;
    return `pg_catalog.jsonb_build_object(${primary.columns.map((column) => `${literal(column)}, ${called(column)}`).join(", ")})`;
  }
}
