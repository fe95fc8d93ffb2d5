import type { Change, DrawnColumn, DrawnSchema, Field, Vocabulary, Written } from "./model.ts";
import { ident, valueOf } from "./schema.ts";

/** Which version of the application writes. */
export type Side = "old" | "new";

/** A version at a time: from the cut-over on the new one stands alone, and what it says is what everybody says. */
export interface Speaker {
  readonly side: Side;
  readonly cutOver: boolean;
}

/** The schema of the new version, where it has one. */
export const VERSION = "public_1";
export const OLD: Speaker = { side: "old", cutOver: false };
export const NEW: Speaker = { side: "new", cutOver: false };
/** The new version from the cut-over on. */
export const ALONE: Speaker = { side: "new", cutOver: true };

/** The other words of a column, if this version uses them by now. */
export function vocabularyOf(change: Change, column: string, { cutOver, side }: Speaker): Vocabulary | undefined {
  const found = change.vocabulary?.[column];
  const isSpoken = cutOver || change.versioned === true || found?.since === "ready";
  return side === "new" && isSpoken ? found : undefined;
}

/** The table as a version finds it; null where it knows none. */
export function tableOf(
  schema: DrawnSchema,
  { table = schema.table, versioned = false }: Change,
  side: Side,
): string | null {
  if (side === "old") return `public.${ident(schema.table)}`;
  return table === null ? null : `${versioned ? VERSION : "public"}.${ident(table)}`;
}

/** What a version writes: its columns one by one, and those of another shape as that says. */
export function fieldsOf(schema: DrawnSchema, change: Change, speaker: Speaker): readonly Field[] {
  const { added = [], given = [], renamed = {}, reshaped } = change;
  const { side } = speaker;
  const own = schema.columns.flatMap((column): Field[] => {
    const real = side === "new" && Object.hasOwn(renamed, column.name) ? renamed[column.name] : column.name;
    if (real === null || real === undefined) return [];
    const vocabulary = vocabularyOf(change, column.name, speaker);
    return [
      {
        columns: [column.name],
        left: given.includes(column.name) ? "never" : "ever",
        write: (n) => written(column, real, valueOf(column, n), vocabulary),
      },
    ];
  });
  if (side === "old") return own;
  const fresh = added.map(({ name, value }): Field => ({
    columns: [name],
    left: "ever",
    write: () => ({ real: { [name]: value }, twin: { [name]: value } }),
  }));
  return [...own, ...fresh, ...(reshaped?.fields ?? [])];
}

function written({ name }: DrawnColumn, real: string, value: string, vocabulary: Vocabulary | undefined): Written {
  if (vocabulary === undefined) return { real: { [real]: value }, twin: { [name]: value } };
  const said = vocabulary.says(value);
  // Where the new side does not change by a write, what the old side has stays, though it be called otherwise.
  const stays = `${vocabulary.shows(ident(name))} IS NOT DISTINCT FROM ${said.real}`;
  return {
    real: { [real]: said.real },
    twin: { [name]: said.twin },
    changes: { [name]: `CASE WHEN ${stays} THEN ${ident(name)} ELSE ${said.twin} END` },
  };
}
