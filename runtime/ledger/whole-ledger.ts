// Reads a ledger from its first leaf to its last and makes its tree anew: whether each leaf follows
// the one before, and whether the device signed the tree that comes of them. Statements are
// verified elsewhere; this is for whoever holds the whole ledger.

import { equal, toBase64, utf8 } from "./bytes.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { parseVerifierKey } from "./keys.ts";
import { parseLeaf } from "./leaf.ts";
import { Frontier, HASH_BYTES, leafHash } from "./merkle.ts";
import { verifyNote } from "./note.ts";
import { LEAVES_PER_ANSWER_MAX, type LedgerReader } from "./reader.ts";

export interface WholeLedger {
  /** Leaves that were read. */
  readonly leaves: number;
  /** What is wrong, in sentences; the first of each kind is enough. Empty where nothing is. */
  readonly problems: readonly string[];
}

/** @param onProgress hears how many leaves have been read. */
export async function checkWholeLedger(
  ledger: LedgerReader,
  onProgress: (leaves: number) => void = () => undefined,
): Promise<WholeLedger> {
  const { origin, key: keyText } = await ledger.facts();
  const note = await ledger.freshCheckpoint();
  // After the checkpoint, which may have waited for leaves to be written.
  const { size } = await ledger.facts();
  const head = parseCheckpoint(note);
  if (typeof head === "string") return { leaves: 0, problems: [`the checkpoint ${head}`] };
  const problems = [...problemsOfNote(note, keyText)];
  if (head.origin !== origin)
    problems.push(`the checkpoint is of ${head.origin}, not of ${origin}`);
  if (head.size > size) problems.push(`${head.size} leaves were signed, and ${size} are there`);

  const tree = new Frontier();
  let previous = toBase64(new Uint8Array(HASH_BYTES));
  let root = head.size === 0 ? tree.root() : null;
  while (tree.size < size) {
    const page = await ledger.leaves(tree.size, Math.min(LEAVES_PER_ANSWER_MAX, size - tree.size));
    if (page.length === 0) {
      problems.push(`leaf ${tree.size} is missing`);
      break;
    }
    for (const text of page) {
      const problem = problemOfLeaf(text, tree.size, previous);
      if (problem !== null && problems.length === 0) problems.push(problem);
      const hash = leafHash(utf8(text));
      tree.append(hash);
      previous = toBase64(hash);
      if (tree.size === head.size) root = tree.root();
    }
    onProgress(tree.size);
  }
  if (root !== null && !equal(root, head.root)) {
    problems.push(
      `the tree of ${head.size} leaves has the root ${toBase64(root)}; ` +
        `${toBase64(head.root)} was signed`,
    );
  }
  return { leaves: tree.size, problems };
}

function problemsOfNote(note: string, keyText: string): readonly string[] {
  const key = parseVerifierKey(keyText);
  if (typeof key === "string") return [`the device's key ${key}`];
  const verified = verifyNote(note, [key]);
  if (typeof verified === "string") return [`the checkpoint ${verified}`];
  return verified.verified.length === 1 ? [] : ["the device's key did not sign the checkpoint"];
}

function problemOfLeaf(text: string, index: number, previous: string): string | null {
  const leaf = parseLeaf(text);
  if (typeof leaf === "string") return `leaf ${index} is none: ${leaf}`;
  if (leaf.seq !== index) return `leaf ${index} says that it is leaf ${leaf.seq}`;
  return leaf.prev === previous ? null : `leaf ${index} does not follow the leaf before it`;
}
