// Where the hash of a complete subtree stands in the file: in the order in which it becomes known,
// so that each leaf adds its hashes at the end and a commit touches one page of them. The order is
// that of Go's checksum database (golang.org/x/mod/sumdb/tlog).

import assert from "node:assert/strict";

/** Of a leaf's subtree no more than this many levels are ever complete: 2^40 leaves. */
const LEVELS_MAX = 40;

/** Position of the subtree of 2^level leaves that is the `position`th of its level. */
export function storedAt(level: number, position: number): number {
  assert(level >= 0 && level <= LEVELS_MAX, "a level of the tree");
  // It is written right after the last leaf below it, and after the lower levels that end there.
  return storedCount((position + 1) * 2 ** level - 1) + level;
}

/** How many hashes stand in the file of a ledger with so many leaves. */
export function storedCount(leaves: number): number {
  let count = 0;
  for (let left = leaves; left > 0; left = Math.floor(left / 2)) count += left;
  return count;
}
