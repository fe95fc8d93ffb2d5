import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERRORS } from "../../src/index.ts";
import { read, root } from "./documents.ts";

test("every error code has a page, and every page a code", () => {
  const pages = readdirSync(join(root, "docs/errors")).filter((file) => file !== "README.md");
  expect(pages.toSorted()).toEqual(
    Object.keys(ERRORS)
      .map((code) => `${code}.md`)
      .toSorted(),
  );
});

test.each(Object.entries(ERRORS))("the page of %s says its title, its exit code, and what to do", (code, kind) => {
  const { text } = read(`docs/errors/${code}.md`);
  expect(text).toMatch(new RegExp(`^# ${code}: ${kind.title}\n\nExit code ${kind.exit}:`));
  expect(text).toContain("## What to do");
  expect(text).toContain(`${code}: ${kind.title.toLowerCase()} (docs/errors/${code}.md)`);
  expect(read("docs/errors/README.md").text).toContain(`| [${code}](${code}.md) | ${kind.title} | ${kind.exit} |`);
});
