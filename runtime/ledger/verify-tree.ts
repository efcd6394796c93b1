// Whether the leaves are the ones that the machine signed: proofs, and the root of the tree at the
// size of every head that anybody kept, computed from the leaves themselves.

import { equal, fromBase64, toBase64 } from "./bytes.ts";
import { Frontier, peakCount, verifyConsistency, verifyInclusion } from "./merkle.ts";
import type { Statement } from "./statement.ts";
import type { Answers, Place } from "./verdict.ts";
import type { Head } from "./verify-heads.ts";
import type { StatementRecord, StatementRecords } from "./verify-records.ts";

/** The roots of the tree at some sizes, none of them before the opening leaf. */
export type Roots = ReadonlyMap<number, Uint8Array>;

export interface OwnHeads {
  readonly opening: Head | null;
  readonly closing: Head | null;
  /** The statement's `checkpoints`. */
  readonly between: readonly Head[];
  /** In the statement and in leaves, the opening's and the closing's among them. */
  readonly all: readonly Head[];
}

/** @param more sizes whose roots somebody else wants to know. */
export function checkTree(
  statement: Statement,
  records: StatementRecords,
  heads: OwnHeads,
  more: readonly number[],
  answers: Answers,
): Roots {
  checkShape(statement, heads, answers);
  const sizes = new Set([...heads.all.map(({ checkpoint }) => checkpoint.size), ...more]);
  const roots = rootsAt(statement, records.run, sizes, answers);
  // Where the closing's root is not theirs, the leaves were edited, and no head has theirs.
  const areSigned = heads.closing === null || hasRoot(heads.closing, roots);
  for (const head of heads.all) {
    if (!hasRoot(head, roots)) sayRoot(head, roots, areSigned ? "fork" : "inclusion", answers);
  }
  checkInclusions(statement, records, heads, answers);
  checkConsistency(statement, heads, answers);
  return roots;
}

function checkShape(
  { opening, closing, leaves, earlier }: Statement,
  { opening: first, closing: last, between }: OwnHeads,
  answers: Answers,
): void {
  if (closing.index < opening.index) {
    answers.failed("inclusion", {
      where: { field: "closing.index" },
      expected: `at least ${opening.index}, the opening's`,
      found: String(closing.index),
    });
  }
  const size = last?.checkpoint.size;
  if (size !== undefined && size - opening.index !== leaves.length) {
    answers.failed("chain gap", {
      where: { field: "leaves" },
      expected: `${size - opening.index} leaves, from ${opening.index} to the end of the tree`,
      found: String(leaves.length),
    });
  }
  if (size !== undefined && first && first.checkpoint.size > size) {
    answers.failed("fork", {
      where: first.where,
      expected: `a tree of at most ${size} leaves, as the closing's`,
      found: String(first.checkpoint.size),
    });
  }
  let before = -1;
  for (const [position, { index }] of earlier.entries()) {
    if (index <= before || index >= opening.index) {
      answers.failed("chain gap", {
        where: { leaf: index, field: `earlier.${position}.index` },
        expected: `more than ${before} and less than ${opening.index}`,
        found: String(index),
      });
    }
    before = index;
  }
  for (const [position, { checkpoint, where }] of between.entries()) {
    const previous = between[position - 1]?.checkpoint.size ?? -1;
    if (checkpoint.size > previous && checkpoint.size <= (size ?? checkpoint.size)) continue;
    answers.failed("fork", {
      where,
      expected: `a size above ${previous} and at most ${size}: oldest first, each once`,
      found: String(checkpoint.size),
    });
  }
}

function rootsAt(
  { opening, frontier }: Statement,
  run: readonly StatementRecord[],
  sizes: ReadonlySet<number>,
  answers: Answers,
): Roots {
  const roots = new Map<number, Uint8Array>();
  if (frontier.length !== peakCount(opening.index)) {
    answers.failed("inclusion", {
      where: { field: "frontier" },
      expected: `${peakCount(opening.index)} hashes for ${opening.index} leaves before the opening`,
      found: String(frontier.length),
    });
    return roots;
  }
  const peaks = frontier.map((peak) => fromBase64(peak));
  const broken = peaks.indexOf(null);
  if (broken !== -1) {
    const where = { field: `frontier.${broken}` };
    answers.failed("inclusion", { where, expected: "a hash in base64", found: frontier[broken]! });
    return roots;
  }
  const tree = new Frontier(opening.index, peaks as readonly Uint8Array[]);
  if (sizes.has(tree.size)) roots.set(tree.size, tree.root());
  for (const { hash } of run) {
    tree.append(hash);
    if (sizes.has(tree.size)) roots.set(tree.size, tree.root());
  }
  return roots;
}

/** Whether the leaves give its root; nobody can say of a size before the opening. */
function hasRoot({ checkpoint }: Head, roots: Roots): boolean {
  const root = roots.get(checkpoint.size);
  return root === undefined || equal(root, checkpoint.root);
}

function sayRoot(
  { checkpoint, where }: Head,
  roots: Roots,
  check: "fork" | "inclusion",
  answers: Answers,
): void {
  const root = roots.get(checkpoint.size)!;
  answers.failed(check, {
    where,
    expected: `the root ${toBase64(root)} that the leaves have at size ${checkpoint.size}`,
    found: toBase64(checkpoint.root),
  });
}

function checkInclusions(
  statement: Statement,
  { run, earlier }: StatementRecords,
  heads: OwnHeads,
  answers: Answers,
): void {
  const check = (
    record: StatementRecord | undefined,
    index: number,
    proof: readonly string[],
    head: Head | null,
    where: Place,
  ) => {
    if (head === null || record === undefined) {
      if (record === undefined) {
        answers.failed("inclusion", { where, expected: "a leaf of that index", found: "none" });
      }
      return;
    }
    const { size, root } = head.checkpoint;
    const hashes = proof.map((hash) => fromBase64(hash));
    const isWhole = hashes.every((hash) => hash !== null);
    if (isWhole && verifyInclusion(record.hash, index, size, hashes, root)) return;
    answers.failed("inclusion", {
      where,
      expected: `a proof that leaf ${index} is in the tree of ${size} leaves`,
      found: "one that does not lead to its root",
    });
  };
  const { opening, closing } = statement;
  for (const [name, end] of Object.entries({ opening, closing })) {
    const where = { leaf: end.index, field: `${name}.inclusion` };
    const head = name === "opening" ? heads.opening : heads.closing;
    check(run[end.index - opening.index], end.index, end.inclusion, head, where);
  }
  for (const [position, { index, inclusion }] of statement.earlier.entries()) {
    const where = { leaf: index, field: `earlier.${position}.inclusion` };
    check(earlier[position], index, inclusion, heads.closing, where);
  }
}

function checkConsistency(
  { consistency }: Statement,
  { opening, closing }: OwnHeads,
  answers: Answers,
): void {
  if (opening === null || closing === null) return;
  const first = opening.checkpoint;
  const second = closing.checkpoint;
  const proof = consistency.map((hash) => fromBase64(hash));
  const isProven =
    proof.every((hash) => hash !== null) &&
    verifyConsistency(first.size, second.size, proof, first.root, second.root);
  if (isProven) return;
  answers.failed("fork", {
    where: { field: "consistency" },
    expected: `a proof that the tree of ${second.size} leaves continues the one of ${first.size}`,
    found: "none that leads to both roots",
  });
}
