import fc from "fast-check";
import { byteLength, MAX_NAME_BYTES } from "../../../src/sql/identifier.ts";

const ODD = [
  "a",
  "Z",
  "_",
  "1",
  "$",
  " ",
  '"',
  "'",
  "\\",
  ".",
  ";",
  "-",
  "\n",
  "\t",
  "\u0001",
  "é",
  "ß",
  "漢",
  "🙂",
  "\u0301",
];

/** Any name that a catalog can hold. */
export const names = fc
  .oneof(
    fc.string({ unit: fc.constantFrom(...ODD), minLength: 1, maxLength: 63 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 63 }),
    fc.constantFrom("user", "select", "new", "old", "timestamp", "x".repeat(63), "é".repeat(31)),
  )
  .filter((name) => byteLength(name) <= MAX_NAME_BYTES && !name.includes("\0"));
