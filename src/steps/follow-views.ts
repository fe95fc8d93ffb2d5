import { relationKey, type RelationName } from "../model/relation.ts";
import { deriveName, ident, qualified } from "../sql/identifier.ts";
import { dollarQuote, literal } from "../sql/literal.ts";
import { viewReaders } from "./view-readers.ts";

interface Following {
  readonly table: RelationName;
  /** What the column is called that views read until now, when the statement runs. */
  readonly from: string;
  /** What the column of the same type is called that they read from now on. */
  readonly to: string;
  /** Names under which views came to know the column: what a query calls it decides how the server prints it. */
  readonly known: readonly string[];
  /** Views that a person declared harmless: they follow where they can. */
  readonly ignore: readonly string[];
}

/**
 * A statement that makes every view which reads a column read another one of the same type, and nothing else of it: its
 * columns, privileges, options, rules, triggers and comments stay. No text is edited: while the other column has the
 * name, the server reads what it has itself printed. Names of columns are then what they were before. Takes ACCESS EXCLUSIVE on
 * the table, then on the views; no scan. Raises for a view that can't follow.
 */
export function followViews({ from, ignore, known, table, to }: Following): string {
  const readers = viewReaders(table, [from]);
  return `DO ${dollarQuote(`
DECLARE
  path text := pg_catalog.current_setting('search_path');
  readers pg_catalog.oid[];
  texts text[];
  ignored text[] := ARRAY[${ignore.map(literal).join(", ")}]::text[];
  reason text := 'its query names columns by their position';
  staying text;
BEGIN
  -- What is printed is qualified then, and read without any path.
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  -- Whoever makes a view over the table holds a lock on it until the view can be seen.
  LOCK TABLE ${qualified(table)} IN ACCESS EXCLUSIVE MODE;${known.map((name) => pass(table, { from, to, known: name }, readers)).join("")}
  SELECT pg_catalog.string_agg(found.oid::pg_catalog.regclass::text, ', ' ORDER BY found.oid) INTO staying
    FROM (${readers}) AS found WHERE found.oid::pg_catalog.regclass::text <> ALL (ignored);
  IF staying IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = pg_catalog.format('view %s can''t be made to read another column in place of %s: %s',
        staying, ${literal(`${relationKey(table)}.${known[0] ?? from}`)}, reason),
      HINT = 'Drop it, or create it again over the column that stays.';
  END IF;
  PERFORM pg_catalog.set_config('search_path', path, true);
END
`)}`;
}

/** The views found are printed while the column has the name that they know, and read again while the other one has it. */
function pass(table: RelationName, names: Names, readers: string): string {
  const { back, print, read } = renames(table, names);
  return `
  readers := ARRAY(SELECT found.oid FROM (${readers}) AS found ORDER BY 1);
  IF pg_catalog.cardinality(readers) > 0 THEN
    ${print.join("\n    ")}
    texts := ARRAY(
      SELECT pg_catalog.format('CREATE OR REPLACE VIEW %I.%I%s AS %s', n.nspname, v.relname,
               -- Options that are left out would be reset.
               (SELECT ' WITH (' || pg_catalog.string_agg(pg_catalog.format('%I = %L', pg_catalog.split_part(o.option, '=', 1),
                         pg_catalog.substr(o.option, pg_catalog.strpos(o.option, '=') + 1)), ', ' ORDER BY o.place) || ')'
                  FROM pg_catalog.unnest(v.reloptions) WITH ORDINALITY AS o (option, place)),
               pg_catalog.pg_get_viewdef(v.oid))
        FROM pg_catalog.unnest(readers) WITH ORDINALITY AS f (oid, place)
        JOIN pg_catalog.pg_class v ON v.oid = f.oid
        JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
       ORDER BY f.place);
    ${read.join("\n    ")}
    FOR at IN 1 .. pg_catalog.cardinality(texts) LOOP
      BEGIN
        EXECUTE texts[at];
      EXCEPTION WHEN syntax_error_or_access_rule_violation OR feature_not_supported THEN
        IF readers[at]::pg_catalog.regclass::text <> ALL (ignored) THEN
          reason := SQLERRM;
        END IF;
      END;
    END LOOP;
    ${back.join("\n    ")}
  END IF;`;
}

interface Names {
  readonly from: string;
  readonly to: string;
  readonly known: string;
}

/** The renames before the views are printed, before they are read, and after it. */
function renames(
  table: RelationName,
  { from, known, to }: Names,
): Record<"print" | "read" | "back", readonly string[]> {
  const rename = (old: string, fresh: string): string[] =>
    old === fresh ? [] : [`ALTER TABLE ${qualified(table)} RENAME COLUMN ${ident(old)} TO ${ident(fresh)};`];
  const aside = deriveName("segue_aside_", known, relationKey(table));
  const [fromAside, toAside] = [from === known ? aside : from, to === known ? aside : to];
  return {
    print: [...rename(to, toAside), ...rename(from, known)],
    read: [...rename(known, fromAside), ...rename(toAside, known)],
    back: [...rename(known, to), ...rename(fromAside, from)],
  };
}
