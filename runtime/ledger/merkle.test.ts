import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { requiresShared } from "../testing/requires.ts";
import { fromBase64, toHex, utf8 } from "./bytes.ts";
import {
  consistencyProof,
  Frontier,
  inclusionProof,
  leafHash,
  nodeHash,
  peaksOf,
  rootOfEmpty,
  verifyConsistency,
  verifyInclusion,
} from "./merkle.ts";

const LEAVES_MAX = 300;

/** A tree of leaves `0`, `1`, … as a store keeps it, with the root at each size. */
function grow(leaves: number) {
  const nodes = new Map<string, Uint8Array>();
  const frontier = new Frontier();
  const roots = [frontier.root()];
  const hashes: Uint8Array[] = [];
  for (let index = 0; index < leaves; index++) {
    const leaf = leafHash(utf8(String(index)));
    hashes.push(leaf);
    for (const { level, position, hash } of frontier.append(leaf)) {
      nodes.set(`${level}/${position}`, hash);
    }
    roots.push(frontier.root());
  }
  const nodeAt = (level: number, position: number) => nodes.get(`${level}/${position}`)!;
  return { roots, hashes, nodeAt, nodes };
}

const tree = grow(LEAVES_MAX);

/** RFC 6962 section 2.1, word for word: the second path to the same roots. */
function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 1) return hashes[0]!;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
}

test("roots are those of the RFC's own definition at every size", () => {
  for (let size = 1; size <= LEAVES_MAX; size++) {
    expect(tree.roots[size], `size ${size}`).toEqual(rootOf(tree.hashes.slice(0, size)));
  }
});

// From the test data of the first implementation of RFC 6962 (certificate-transparency).
test("the published tree of eight leaves has the published roots", () => {
  const leaves = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
  ];
  const frontier = new Frontier();
  for (const leaf of leaves) frontier.append(leafHash(Uint8Array.from(Buffer.from(leaf, "hex"))));
  expect(toHex(frontier.root())).toBe(
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  );
  expect(toHex(rootOfEmpty)).toBe(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});

test("a store gets each complete subtree once, the leaf's own hash at level 0", () => {
  expect(tree.nodes.get("0/7")).toEqual(tree.hashes[7]);
  expect(tree.nodes.get("3/0")).toEqual(tree.roots[8]);
  // n leaves have n - popcount(n) complete inner nodes: 300 = 0b100101100.
  expect(tree.nodes.size).toBe(2 * LEAVES_MAX - 4);
});

test("a frontier taken from the store grows to the same roots", () => {
  for (const size of [0, 1, 2, 3, 64, 127, 255]) {
    const frontier = new Frontier(size, peaksOf(size, tree.nodeAt));
    expect(frontier.root()).toEqual(tree.roots[size]);
    const copy = frontier.copy();
    frontier.append(tree.hashes[size]!);
    expect(frontier.root()).toEqual(tree.roots[size + 1]);
    expect(copy.root()).toEqual(tree.roots[size]);
  }
  expect(() => new Frontier(3, [tree.hashes[0]!])).toThrow(RangeError);
});

const place = fc
  .integer({ min: 1, max: LEAVES_MAX })
  .chain((size) => fc.tuple(fc.integer({ min: 0, max: size - 1 }), fc.constant(size)));

/** One bit of one of these, changed. */
function flip(values: readonly Uint8Array[], at: number): Uint8Array[] {
  const bit = at % (values.length * 256);
  return values.map((value, index) => {
    if (index !== Math.floor(bit / 256)) return value;
    const changed = Uint8Array.from(value);
    changed[(bit % 256) >> 3]! ^= 1 << (bit & 7);
    return changed;
  });
}

test("each leaf's proof verifies, and with any bit of it changed does not", () => {
  fc.assert(
    fc.property(place, fc.nat(), ([index, size], at) => {
      const proof = inclusionProof(index, size, tree.nodeAt);
      const all = [tree.hashes[index]!, tree.roots[size]!, ...proof];
      expect(verifyInclusion(all[0]!, index, size, proof, all[1]!)).toBe(true);
      const [leaf, root, ...changed] = flip(all, at);
      expect(verifyInclusion(leaf!, index, size, changed, root!)).toBe(false);
    }),
    { numRuns: 400 },
  );
});

test("each pair of sizes has its proof, and with any bit of it changed has none", () => {
  fc.assert(
    fc.property(place, fc.nat(), ([index, second], at) => {
      const first = index + 1;
      const proof = consistencyProof(first, second, tree.nodeAt);
      const all = [tree.roots[first]!, tree.roots[second]!, ...proof];
      expect(verifyConsistency(first, second, proof, all[0]!, all[1]!)).toBe(true);
      const [one, other, ...changed] = flip(all, at);
      expect(verifyConsistency(first, second, changed, one!, other!)).toBe(false);
    }),
    { numRuns: 400 },
  );
});

test("all proofs of all small trees verify, in place and size alone", () => {
  for (let size = 1; size <= 40; size++) {
    for (let index = 0; index < size; index++) {
      const proof = inclusionProof(index, size, tree.nodeAt);
      const leaf = tree.hashes[index]!;
      const root = tree.roots[size]!;
      for (const [otherIndex, otherSize] of [
        [index, size],
        [index + 1, size],
        [index, size - 1],
        [index - 1, size],
      ] as const) {
        const same = otherIndex === index && otherSize === size;
        if (!same && otherSize === size - 1) continue;
        expect(verifyInclusion(leaf, otherIndex, otherSize, proof, root)).toBe(same);
      }
      const consistency = consistencyProof(index + 1, size, tree.nodeAt);
      expect(verifyConsistency(index + 1, size, consistency, tree.roots[index + 1]!, root)).toBe(
        true,
      );
    }
  }
});

test("a proof against an empty tree is refused, and a proof too long is not walked", () => {
  const root = tree.roots[1]!;
  expect(verifyInclusion(root, 0, 0, [], rootOfEmpty)).toBe(false);
  expect(verifyConsistency(0, 0, [], rootOfEmpty, rootOfEmpty)).toBe(false);
  expect(verifyConsistency(0, 1, [], rootOfEmpty, root)).toBe(false);
  expect(consistencyProof(0, 5, tree.nodeAt)).toEqual([]);
  const long = Array.from({ length: 10_000 }, () => root);
  expect(verifyInclusion(root, 0, 2 ** 53 - 1, long, root)).toBe(false);
  expect(verifyConsistency(1, 2 ** 53 - 1, long, root, root)).toBe(false);
});

test("sizes beyond 32 bits are computed with, not cut", () => {
  const nodeAt = () => tree.hashes[0]!;
  expect(inclusionProof(2 ** 40, 2 ** 40 + 1, nodeAt)).toHaveLength(1);
  expect(inclusionProof(0, 2 ** 53 - 1, nodeAt)).toHaveLength(53);
});

test("a proof of what is not there is a mistake of the caller's", () => {
  expect(() => inclusionProof(5, 5, tree.nodeAt)).toThrow(RangeError);
  expect(() => consistencyProof(6, 5, tree.nodeAt)).toThrow(RangeError);
});

interface InclusionVector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string | null;
  readonly leafHash: string | null;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

interface ConsistencyVector {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string | null;
  readonly root2: string | null;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

const bytes = (base64: string | null) => fromBase64(base64 ?? "") ?? new Uint8Array(0);

test("the 196 published proofs are judged as published", (context) => {
  const folder = requiresShared(context, "vectors/merkle");
  let judged = 0;
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".json")) continue;
    const vector = JSON.parse(readFileSync(join(folder, path), "utf8"));
    expect(path.startsWith("inclusion") ? included(vector) : consistent(vector), path).toBe(
      !vector.wantErr,
    );
    judged += 1;
  }
  expect(judged).toBe(196);
});

function included({ leafIdx, treeSize, root, leafHash, proof }: InclusionVector): boolean {
  return verifyInclusion(bytes(leafHash), leafIdx, treeSize, (proof ?? []).map(bytes), bytes(root));
}

function consistent({ size1, size2, root1, root2, proof }: ConsistencyVector): boolean {
  return verifyConsistency(size1, size2, (proof ?? []).map(bytes), bytes(root1), bytes(root2));
}
