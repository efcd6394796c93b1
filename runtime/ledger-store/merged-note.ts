// One checkpoint with the signatures of two notes about it: witnesses answer one after the other,
// each with the note that it was shown and its own line.

import { addSignature, parseNote } from "../ledger/note.ts";

/**
 * Of each key the line of `added` holds, where it has one: a witness may sign anew, later.
 * @returns a sentence where the two cannot be joined
 */
export function mergedNote(known: string, added: string): { readonly note: string } | string {
  const one = parseNote(known);
  const other = parseNote(added);
  if (typeof one === "string") return `the one that is known ${one}`;
  if (typeof other === "string") return `it ${other}`;
  if (one.text !== other.text) return "another tree of this size was signed: the ledger is forked";
  const isKnown = new Set(one.signatures.map(({ line }) => line));
  const lines = other.signatures.map(({ line }) => line).filter((line) => !isKnown.has(line));
  try {
    return { note: lines.reduce(addSignature, known) };
  } catch (error) {
    // More lines than a note may have.
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
