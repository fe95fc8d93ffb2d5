import type { Node } from "libpg-query";
import { parse } from "../sql/parser.ts";
import { textOffsets } from "../sql/text-offsets.ts";
import type { SqlPart } from "./sql-marks.ts";

/**
 * The part without the `BEGIN; … COMMIT;` around all of it, as files for golang-migrate and psql have it: Segue begins and
 * commits a transaction itself. The same part if there is none, if it has options, or if the part commits in its middle.
 */
export function withoutOuterTransaction(part: SqlPart): SqlPart {
  const { statements } = parse(part.text);
  const [first, last] = [statements?.[0], statements?.at(-1)];
  if (statements === null || first === undefined || last === undefined || first.length === null) return part;
  if (!isPlain(first.node, "BEGIN", "START") || !isPlain(last.node, "COMMIT")) return part;
  if (statements.slice(1, -1).some(({ node }) => "TransactionStmt" in node)) return part;
  const { fromByte } = textOffsets(part.text);
  // A statement ends where its semicolon stands.
  const start = fromByte(first.start + first.length) + 1;
  return { ...part, start: part.start + start, text: part.text.slice(start, fromByte(last.start)) };
}

function isPlain(node: Node, ...kinds: readonly string[]): boolean {
  if (!("TransactionStmt" in node)) return false;
  const { chain, kind, options } = node.TransactionStmt;
  return chain !== true && options === undefined && kinds.some((one) => kind === `TRANS_STMT_${one}`);
}
