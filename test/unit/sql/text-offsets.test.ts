import fc from "fast-check";
import { expect, test } from "vitest";
import { textOffsets } from "../../../src/sql/text-offsets.ts";

test("bytes and characters become UTF-16 offsets", () => {
  const { fromByte, fromCharacter } = textOffsets("aé🙂b");
  expect([0, 1, 3, 7, 8].map(fromByte)).toEqual([0, 1, 2, 4, 5]);
  expect([0, 1, 2, 3, 4].map(fromCharacter)).toEqual([0, 1, 2, 4, 5]);
});

test("offsets past either end stay in the text", () => {
  for (const text of ["", "ab", "é🙂"]) {
    const { fromByte, fromCharacter } = textOffsets(text);
    expect([fromByte(-1), fromCharacter(-1)]).toEqual([0, 0]);
    expect([fromByte(99), fromCharacter(99)]).toEqual([text.length, text.length]);
  }
});

test("any prefix of characters is found by its length in bytes and in characters", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "é", "漢", "🙂")), fc.nat(), (characters, n) => {
      const prefix = characters.slice(0, n % (characters.length + 1));
      const { fromByte, fromCharacter } = textOffsets(characters.join(""));
      expect(fromByte(Buffer.byteLength(prefix.join("")))).toBe(prefix.join("").length);
      expect(fromCharacter(prefix.length)).toBe(prefix.join("").length);
    }),
  );
});
