import { beforeAll, describe, expect, test } from "vitest";
import { SegueError } from "../../../src/model/errors.ts";
import {
  hasExpressionKey,
  isTemporal,
  rewriteCheck,
  rewriteConstraint,
  withStorage,
  rewriteIndexDefinition,
  rewriteStatistics,
} from "../../../src/sql/definition.ts";
import { loadParser } from "../../../src/sql/parser.ts";

beforeAll(loadParser);

describe("an index", () => {
  const rewrite = (definition: string, from = "a", to = "b") =>
    rewriteIndexDefinition(definition, { from, to, name: "i2", concurrently: true });

  test.each([
    [
      "keeps order, collation, operator class, INCLUDE, parameters and predicate",
      `CREATE UNIQUE INDEX i ON public.t USING btree (a COLLATE "C" text_pattern_ops DESC NULLS LAST, c) INCLUDE (d, a) NULLS NOT DISTINCT WITH (fillfactor='70') WHERE ((a > 1) AND (c IS NOT NULL))`,
      `CREATE UNIQUE INDEX CONCURRENTLY i2 ON public.t USING btree (b COLLATE "C" text_pattern_ops DESC NULLS LAST, c) INCLUDE (d, b) NULLS NOT DISTINCT WITH (fillfactor='70') WHERE ((b > 1) AND (c IS NOT NULL))`,
    ],
    [
      "changes a column in expressions and not a function of its name",
      "CREATE INDEX i ON public.t USING gin (a(a), ((a).a), (ARRAY[c, a]), COALESCE(c, a))",
      "CREATE INDEX CONCURRENTLY i2 ON public.t USING gin (a(b), ((b).a), (ARRAY[c, b]), COALESCE(c, b))",
    ],
    [
      "is told from a table, a schema, an index and an operator class of its name",
      "CREATE INDEX a ON a.a USING btree (a a, c a.a)",
      "CREATE INDEX CONCURRENTLY i2 ON a.a USING btree (b a, c a.a)",
    ],
    [
      "is told from a string and a type of its name",
      "CREATE INDEX i ON public.t USING btree (((c || 'a'::text)), ((a)::a)) WHERE (c = 'a'::text)",
      "CREATE INDEX CONCURRENTLY i2 ON public.t USING btree (((c || 'a'::text)), ((b)::a)) WHERE (c = 'a'::text)",
    ],
    [
      "on a partitioned table alone stays so",
      "CREATE INDEX i ON ONLY public.t USING btree (a)",
      "CREATE INDEX CONCURRENTLY i2 ON ONLY public.t USING btree (b)",
    ],
  ])("%s", (_, definition, expected) => {
    expect(rewrite(definition)).toBe(expected);
  });

  test("names may be quoted, non-ASCII or keywords", () => {
    expect(
      rewrite(
        `CREATE INDEX "größe" ON "größe"."größe" USING btree ("größe", lower("größe")) INCLUDE ("Weird ""col""", "order") WHERE ("größe" <> 'größe'::text)`,
        "größe",
        "order",
      ),
    ).toBe(
      `CREATE INDEX CONCURRENTLY i2 ON "größe"."größe" USING btree ("order", lower("order")) INCLUDE ("Weird ""col""", "order") WHERE ("order" <> 'größe'::text)`,
    );
    expect(
      rewrite(
        `CREATE INDEX "Weird ""col""" ON public.t USING btree ("Weird ""col""", "order")`,
        'Weird "col"',
        "größe",
      ),
    ).toBe(`CREATE INDEX CONCURRENTLY i2 ON public.t USING btree ("größe", "order")`);
    expect(rewrite(`CREATE INDEX "INDEX" ON public.t USING btree ("order")`, "order", "x")).toBe(
      "CREATE INDEX CONCURRENTLY i2 ON public.t USING btree (x)",
    );
  });

  test("goes to the tablespace of its original", () => {
    const change = { from: "a", to: "b", name: "i2", concurrently: false, tablespace: "Fast" };
    expect(rewriteIndexDefinition("CREATE INDEX i ON public.t USING btree (a)", change)).toBe(
      'CREATE INDEX i2 ON public.t USING btree (b) TABLESPACE "Fast"',
    );
    expect(
      rewriteIndexDefinition("CREATE INDEX i ON public.t USING btree (a) WITH (fillfactor='70') WHERE (a > 1)", change),
    ).toBe(`CREATE INDEX i2 ON public.t USING btree (b) WITH (fillfactor='70') TABLESPACE "Fast" WHERE (b > 1)`);
  });

  test("of the whole row is refused", () => {
    expect(() => rewrite("CREATE INDEX i ON public.t USING btree (((t.*)::text))")).toThrow(SegueError);
  });

  test("has expressions among its keys, or has not", () => {
    expect(hasExpressionKey("CREATE INDEX i ON public.t USING btree (c, lower(a))")).toBe(true);
    expect(hasExpressionKey("CREATE INDEX i ON public.t USING btree (c, a) WHERE (lower(a) = ''::text)")).toBe(false);
  });
});

describe("a constraint", () => {
  test.each([
    [
      "FOREIGN KEY (c, a) REFERENCES public.a(a, c) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL (a) DEFERRABLE INITIALLY DEFERRED",
      "FOREIGN KEY (c, b) REFERENCES public.a(a, c) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL (b) DEFERRABLE INITIALLY DEFERRED",
    ],
    [
      "UNIQUE NULLS NOT DISTINCT (a, c) INCLUDE (d) DEFERRABLE",
      "UNIQUE NULLS NOT DISTINCT (b, c) INCLUDE (d) DEFERRABLE",
    ],
    [
      "CHECK (((a > 0) AND (a(c) = 'a'::text))) NO INHERIT NOT VALID",
      "CHECK (((b > 0) AND (a(c) = 'a'::text))) NO INHERIT NOT VALID",
    ],
  ])("%s", (definition, expected) => {
    expect(rewriteConstraint(definition, { from: "a", to: "b" })).toBe(expected);
  });

  test("names may be quoted or non-ASCII", () => {
    expect(
      rewriteConstraint('FOREIGN KEY ("größe", "A") REFERENCES public.p("größe", x)', { from: "größe", to: 'y"' }),
    ).toBe('FOREIGN KEY ("y""", "A") REFERENCES public.p("größe", x)');
    expect(rewriteConstraint('FOREIGN KEY ("A", a) REFERENCES public.p("größe", x)', { from: "a", to: "z" })).toBe(
      'FOREIGN KEY ("A", z) REFERENCES public.p("größe", x)',
    );
  });

  test("is temporal, or is not", () => {
    expect(isTemporal("FOREIGN KEY (a, PERIOD b) REFERENCES public.p(x, PERIOD y)")).toBe(true);
    expect(isTemporal("UNIQUE (a, b WITHOUT OVERLAPS)")).toBe(true);
    expect(isTemporal('FOREIGN KEY (a, "PERIOD") REFERENCES public.p(x, period)')).toBe(false);
  });

  test("as an expression", () => {
    expect(rewriteCheck("((a)::text <> 'größe a'::text) OR (a IS NULL)", { from: "a", to: "größe" })).toBe(
      `(("größe")::text <> 'größe a'::text) OR ("größe" IS NULL)`,
    );
  });
});

test("extended statistics", () => {
  const name = { schema: "s", name: "n2" };
  expect(
    rewriteStatistics("CREATE STATISTICS public.a (ndistinct, mcv) ON a, c, (a + c) FROM public.a", {
      from: "a",
      to: "b",
      name,
    }),
  ).toBe("CREATE STATISTICS s.n2 (ndistinct, mcv) ON b, c, (b + c) FROM public.a");
  expect(
    rewriteStatistics("CREATE STATISTICS public.a ON (lower(a)) FROM public.a", { from: "a", to: "b", name }),
  ).toBe("CREATE STATISTICS s.n2 ON (lower(b)) FROM public.a");
  expect(rewriteStatistics('CREATE STATISTICS "on" ON "from", a FROM public.t', { from: "from", to: "b", name })).toBe(
    "CREATE STATISTICS s.n2 ON b, a FROM public.t",
  );
});

describe("withStorage", () => {
  const index = `CREATE UNIQUE INDEX "WITH" ON ONLY public.t USING btree (id, "größe") INCLUDE (a) WITH (fillfactor='70')`;

  test("puts the parameters and the tablespace of the index where UNIQUE takes them", () => {
    expect(withStorage('UNIQUE (id, "größe") INCLUDE (a)', index, null)).toBe(
      `UNIQUE (id, "größe") INCLUDE (a) WITH (fillfactor='70')`,
    );
    expect(withStorage('UNIQUE (id, "größe") DEFERRABLE INITIALLY DEFERRED', index, "Fast")).toBe(
      `UNIQUE (id, "größe") WITH (fillfactor='70') USING INDEX TABLESPACE "Fast" DEFERRABLE INITIALLY DEFERRED`,
    );
  });

  test("leaves a constraint as it is whose index has neither", () => {
    const plain = "CREATE UNIQUE INDEX u ON ONLY public.t USING btree (id)";
    expect(withStorage("UNIQUE (id) DEFERRABLE", plain, null)).toBe("UNIQUE (id) DEFERRABLE");
  });
});
