/** Ways from the two offsets that PostgreSQL's parser counts in to the UTF-16 offsets of a JavaScript string. */
export interface TextOffsets {
  /** From bytes of UTF-8, as nodes of a parse tree have them. */
  readonly fromByte: (byte: number) => number;
  /** From characters (code points), as the position of a syntax error has them. */
  readonly fromCharacter: (character: number) => number;
}

/** Reads the text once; each look-up is constant time. Offsets past the end give the end. */
export function textOffsets(text: string): TextOffsets {
  const size = Buffer.byteLength(text, "utf8");
  const clamp = (offset: number): number => Math.max(0, Math.min(offset, text.length));
  if (size === text.length) return { fromByte: clamp, fromCharacter: clamp };
  const byByte = new Uint32Array(size + 1);
  const byCharacter: number[] = [];
  let byte = 0;
  let index = 0;
  for (const character of text) {
    const bytes = Buffer.byteLength(character, "utf8");
    byByte.fill(index, byte, byte + bytes);
    byCharacter.push(index);
    byte += bytes;
    index += character.length;
  }
  byByte[size] = text.length;
  return {
    fromByte: (offset) => byByte[Math.max(0, offset)] ?? text.length,
    fromCharacter: (offset) => byCharacter[Math.max(0, offset)] ?? text.length,
  };
}
