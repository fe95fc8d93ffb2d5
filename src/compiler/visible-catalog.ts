import type { Catalog, Fact, Table } from "../model/catalog.ts";
import type { RolloutSettings } from "../model/settings.ts";
import { standsIn } from "../sql/stands-in.ts";

/**
 * The catalog as the entries of a plan see it. Dependents that a person declared harmless are not there for any of them;
 * nor are the views of versioned schemas, which go at the contract before what they show.
 */
export function visibleCatalog(catalog: Catalog, { ignore_dependents: ignored }: RolloutSettings): Catalog {
  const versions = standsIn((catalog.versioned?.standing ?? []).map(({ schema }) => schema));
  const harmless = (name: string): boolean => ignored.includes(name) || versions(name);
  const visible = ([key, table]: readonly [string, Table]): readonly [string, Table] => {
    const columns = table.dependents.flatMap((dependent) => (versions(dependent.name) ? dependent.columns : []));
    return [
      key,
      {
        ...table,
        dependents: table.dependents.filter(({ name }) => !harmless(name)),
        ...(columns.length === 0 ? {} : { inVersions: [...new Set(columns)] }),
        ...(table.needs === undefined ? {} : { needs: table.needs.filter(({ name }) => !harmless(name)) }),
        triggers: table.triggers.map((t) => (ignored.includes(t.name) ? { ...t, columns: [] } : t)),
      },
    ];
  };
  return {
    ...catalog,
    tables: Object.fromEntries(Object.entries(catalog.tables).map(visible)),
    facts: Object.fromEntries(Object.entries(catalog.facts).map(([key, fact]) => [key, withoutViews(fact, versions)])),
  };
}

/** What uses an enum, less the views of versioned schemas. */
function withoutViews(fact: Fact, versions: (name: string) => boolean): Fact {
  if (!("use" in fact)) return fact;
  const others = fact.use.others.filter((name) => !name.startsWith("view ") || !versions(name.slice("view ".length)));
  return { use: { ...fact.use, others } };
}
