import { expect, test } from "vitest";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import { describePagila, pagilaDatabase } from "../support/pagila-database.ts";
import { changedFingerprints, fingerprints } from "../support/pagila-fingerprints.ts";
import { complete, reach, reverseFrom } from "../support/pagila-life.ts";

const SKIP = { backfill: { user_triggers: "skip" } } as const;

describePagila("film.title becomes film.heading", (major) => {
  test("freed of what hangs on it, it can be taken back from anywhere, and so can what freed it", async () => {
    const pagila = await pagilaDatabase(major);
    const [catalog, rows] = [await pagila.snapshot(), await fingerprints(pagila)];
    await complete(pagila, ["free_film_title"]);
    await reverseFrom(pagila, "film_heading", ["expanded", "ready", "soaking", "soaking again"], SKIP);
    expect(await pagila.segue().reverse("free_film_title")).toMatchObject({ state: "reversed" });

    expect(diffSnapshots(catalog, await pagila.snapshot())).toEqual([]);
    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual([]);
  });

  test("to the end: what hung on the old name hangs on the new one, and the rows are the same", async () => {
    const pagila = await pagilaDatabase(major);
    const [catalog, rows] = [await pagila.snapshot(), await fingerprints(pagila)];
    const films = await pagila.query("select * from family_films order by title");
    await complete(pagila, ["free_film_title", "film_heading"], SKIP);
    const renamed = await fingerprints(pagila);
    expect(changedFingerprints(rows, renamed)).toEqual(["film.heading", "film.title"]);
    expect(renamed["film.heading"]).toBe(rows["film.title"]);

    await complete(pagila, ["film_heading_in_use"]);
    expect(diffSnapshots(catalog, await pagila.snapshot())).toEqual([
      "materialized view public.nicer_but_slower_film_list: definition changed",
      "table public.film: column heading added",
      "table public.film: column title removed",
      ...(major < 18
        ? []
        : [
            "table public.film: constraint film_title_not_null: definition changed from NOT NULL title to NOT NULL heading",
          ]),
      "table public.film: index idx_title: definition changed from CREATE INDEX idx_title ON public.film USING btree (title) to CREATE INDEX idx_title ON public.film USING btree (heading)",
      "table public.film: trigger film_fulltext_trigger: definition changed",
      "view public.actor_info: definition changed",
      "view public.family_films: definition changed",
      "view public.film_list: definition changed",
      "view public.rental_report: definition changed",
      "view public.sales_top5_by_film_category: definition changed",
    ]);
    expect(changedFingerprints(renamed, await fingerprints(pagila))).toEqual([]);
    expect(await pagila.query("select * from family_films order by title")).toEqual(films);
  });

  test("the search goes by what either application version wrote, at every time", async () => {
    const pagila = await pagilaDatabase(major);
    const found = async (word: string): Promise<unknown[]> =>
      (await pagila.query("select film_id from film where fulltext @@ to_tsquery('english', $1)", [word])).map(
        ({ film_id }) => film_id,
      );
    const write = async (column: "title" | "heading", word: string): Promise<void> => {
      await pagila.query(`update film set ${column} = $1 where film_id = 7`, [word]);
      expect(await found(word)).toEqual([7]);
    };
    await complete(pagila, ["free_film_title"]);
    await write("title", "kumquat");
    await reach(pagila, "film_heading", "ready");
    await write("title", "medlar");
    await write("heading", "quince");
    await reach(pagila, "film_heading", "soaking");
    await write("heading", "sorb");
    expect(await found("kumquat | medlar | quince")).toEqual([]);
    await pagila.segue().reverse("film_heading");
    expect(await pagila.query("select title from film where film_id = 7")).toEqual([{ title: "sorb" }]);
  });

  test("a view that reads the hidden column keeps it from being dropped, and the way back open", async () => {
    const pagila = await pagilaDatabase(major);
    const segue = pagila.segue({ contract: { soak: 0 } });
    await complete(pagila, ["free_film_title"]);
    await segue.up(["film_heading"]);
    await expect(segue.contract("film_heading")).rejects.toMatchObject({ code: "SEG0306" });
    const [hidden] = await pagila.query<{ name: string }>(
      "select attname as name from pg_attribute where attrelid = 'film'::regclass and attname like 'segue_old_title%'",
    );
    await pagila.query(`create view titles as select ${hidden?.name} as title from film`);

    await expect(segue.contract("film_heading", { yes: true })).rejects.toMatchObject({
      code: "SEG0303",
      message: "the old shape can't be dropped: this depends on it",
      problems: [{ message: `view public.titles reads public.film.title, which is hidden as ${hidden?.name}` }],
    });
    expect(await segue.status("film_heading")).toMatchObject([{ state: "soaking" }]);
    await pagila.query("drop view titles; create view titles as select heading as title from film");
    expect(await segue.contract("film_heading", { yes: true })).toMatchObject({ state: "completed" });
  });
});
