// The Merkle tree of RFC 6962 (section 2; the checks are those of RFC 9162, section 2.1.3 and
// 2.1.4). A ledger keeps the hash of each complete subtree once, by level and position; every root
// and every proof is made of these. A proof against an empty tree proves nothing and is refused.

import { concat, equal, sha256 } from "./bytes.ts";

export const HASH_BYTES = 32;
/** A tree whose size is a safe integer has no longer proof; a longer one is not looked at. */
const PROOF_HASHES_MAX = 54;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** What an empty tree has for a root: the hash of nothing. */
export const rootOfEmpty: Uint8Array = sha256(new Uint8Array(0));

export function leafHash(bytes: Uint8Array): Uint8Array {
  return sha256(concat(LEAF, bytes));
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concat(NODE, left, right));
}

/** A complete subtree of 2^level leaves; the first begins at leaf `position * 2^level`. */
export interface TreeNode {
  readonly level: number;
  readonly position: number;
  readonly hash: Uint8Array;
}

export type NodeAt = (level: number, position: number) => Uint8Array;

/** The right edge of a growing tree: enough to append and to give the root, and no more. */
export class Frontier {
  #size: number;
  readonly #peaks: Uint8Array[];

  /** @param peaks roots of the complete subtrees from the left, as many as `size` has one bits. */
  constructor(size = 0, peaks: readonly Uint8Array[] = []) {
    if (!Number.isSafeInteger(size) || size < 0 || peaks.length !== peakCount(size)) {
      throw new RangeError("a tree of this size has another number of complete subtrees");
    }
    this.#size = size;
    this.#peaks = [...peaks];
  }

  get size(): number {
    return this.#size;
  }

  /** From the left. */
  get peaks(): readonly Uint8Array[] {
    return [...this.#peaks];
  }

  /** Gives the complete subtrees that this leaf made: itself at level 0, then those above. */
  append(leaf: Uint8Array): readonly TreeNode[] {
    let node: TreeNode = { level: 0, position: this.#size, hash: leaf };
    const made = [node];
    while (node.position % 2 === 1) {
      const hash = nodeHash(this.#peaks.pop()!, node.hash);
      node = { level: node.level + 1, position: (node.position - 1) / 2, hash };
      made.push(node);
    }
    this.#peaks.push(node.hash);
    this.#size += 1;
    return made;
  }

  root(): Uint8Array {
    return foldPeaks(this.#peaks);
  }

  copy(): Frontier {
    return new Frontier(this.#size, this.#peaks);
  }
}

/** How many complete subtrees a tree of this size is made of. */
export function peakCount(size: number): number {
  let count = 0;
  for (let left = size; left > 0; left = half(left)) count += left % 2;
  return count;
}

function foldPeaks(peaks: readonly Uint8Array[]): Uint8Array {
  let root = peaks.at(-1);
  if (root === undefined) return rootOfEmpty;
  for (let index = peaks.length - 2; index >= 0; index--) root = nodeHash(peaks[index]!, root);
  return root;
}

/** Roots of the complete subtrees of the tree of this size, from the left. */
export function peaksOf(size: number, nodeAt: NodeAt): readonly Uint8Array[] {
  return subtrees(0, size, nodeAt);
}

/**
 * The complete subtrees of `count` leaves from `begin` on, which RFC 6962 splits at powers of 2.
 */
function subtrees(begin: number, count: number, nodeAt: NodeAt): readonly Uint8Array[] {
  const peaks: Uint8Array[] = [];
  let from = begin;
  for (let left = count; left > 0; ) {
    const level = levelOf(left);
    peaks.push(nodeAt(level, from / 2 ** level));
    from += 2 ** level;
    left -= 2 ** level;
  }
  return peaks;
}

function rangeRoot(begin: number, count: number, nodeAt: NodeAt): Uint8Array {
  return foldPeaks(subtrees(begin, count, nodeAt));
}

/** Of the largest power of two that is not above it; exact, which a logarithm is not. */
function levelOf(count: number): number {
  let level = 0;
  while (2 ** (level + 1) <= count) level += 1;
  return level;
}

/** The largest power of two below `count`. */
function splitOf(count: number): number {
  return 2 ** levelOf(count - 1);
}

/** PATH(m, D[n]) of RFC 6962, section 2.1.1. */
export function inclusionProof(index: number, size: number, nodeAt: NodeAt): Uint8Array[] {
  if (!isIndex(index, size)) throw new RangeError("the leaf is not in the tree");
  const proof: Uint8Array[] = [];
  let begin = 0;
  let count = size;
  while (count > 1) {
    const left = splitOf(count);
    if (index - begin < left) {
      proof.push(rangeRoot(begin + left, count - left, nodeAt));
      count = left;
    } else {
      proof.push(rangeRoot(begin, left, nodeAt));
      begin += left;
      count -= left;
    }
  }
  return proof.reverse();
}

/**
 * PROOF(m, D[n]) of RFC 6962, section 2.1.2. Empty for an empty first tree, which every tree
 * extends: there is nothing to prove, and `verifyConsistency` takes no such proof.
 */
export function consistencyProof(first: number, second: number, nodeAt: NodeAt): Uint8Array[] {
  if (!isSize(first) || !isSize(second) || first > second) {
    throw new RangeError("the first tree is larger than the second");
  }
  if (first === 0) return [];
  const proof: Uint8Array[] = [];
  let begin = 0;
  let count = second;
  // While the first tree is a left subtree of what remains, its verifier knows its root.
  let known = true;
  while (begin + count !== first) {
    const left = splitOf(count);
    if (first - begin <= left) {
      proof.push(rangeRoot(begin + left, count - left, nodeAt));
      count = left;
    } else {
      proof.push(rangeRoot(begin, left, nodeAt));
      begin += left;
      count -= left;
      known = false;
    }
  }
  if (!known) proof.push(rangeRoot(begin, count, nodeAt));
  return proof.reverse();
}

/** Whether the leaf stands at `index` of the tree with this size and root (RFC 9162, 2.1.3.2). */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isIndex(index, size) || proof.length > PROOF_HASHES_MAX) return false;
  if (!areHashes([leaf, root, ...proof])) return false;
  let place = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      hash = nodeHash(sibling, hash);
      while (place % 2 === 0 && place !== 0) {
        place = half(place);
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    place = half(place);
    last = half(last);
  }
  return last === 0 && equal(hash, root);
}

/** Whether the second tree begins with all leaves of the first (RFC 9162, 2.1.4.2). */
export function verifyConsistency(
  first: number,
  second: number,
  proof: readonly Uint8Array[],
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
): boolean {
  if (!isSize(first) || !isSize(second) || first === 0 || first > second) return false;
  // Nothing is hashed between equal trees, so that any two equal roots will do.
  if (first === second) return proof.length === 0 && equal(firstRoot, secondRoot);
  if (proof.length === 0 || proof.length > PROOF_HASHES_MAX) return false;
  if (!areHashes([firstRoot, secondRoot, ...proof])) return false;
  let place = first - 1;
  let last = second - 1;
  while (place % 2 === 1) {
    place = half(place);
    last = half(last);
  }
  // Zero here: the first tree is complete, and its root begins the way up.
  const begin = place === 0 ? firstRoot : proof[0]!;
  let one = begin;
  let other = begin;
  for (const sibling of place === 0 ? proof : proof.slice(1)) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      one = nodeHash(sibling, one);
      other = nodeHash(sibling, other);
      while (place % 2 === 0 && place !== 0) {
        place = half(place);
        last = half(last);
      }
    } else {
      other = nodeHash(other, sibling);
    }
    place = half(place);
    last = half(last);
  }
  return last === 0 && equal(one, firstRoot) && equal(other, secondRoot);
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

function isIndex(index: number, size: number): boolean {
  return isSize(index) && isSize(size) && index < size;
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === HASH_BYTES);
}

/** A shift, for sizes that a shift of 32 bits would cut. */
function half(value: number): number {
  return Math.floor(value / 2);
}
