// One tree of a test life's leaves, and the evidence that a statement about a part of it needs:
// what a ledger store answers, made from lists in memory.

import assert from "node:assert/strict";
import { toBase64, utf8 } from "../ledger/bytes.ts";
import { type Leaf, leafText } from "../ledger/leaf.ts";
import {
  consistencyProof,
  Frontier,
  HASH_BYTES,
  inclusionProof,
  leafHash,
} from "../ledger/merkle.ts";
import type { StatementEvidence } from "../ledger/statement.ts";

const HOUR_MS = 3_600_000;

/** One tree of leaves; a broken ledger goes on in another. */
export class LifeSegment {
  readonly origin: string;
  readonly leaves: Leaf[] = [];
  readonly texts: string[] = [];
  /** True wall time of each leaf's instant. */
  readonly trueUtc: number[] = [];
  readonly checkpoints: { readonly size: number; note: string }[] = [];
  readonly frontier = new Frontier();
  readonly #nodes = new Map<string, Uint8Array>();
  #previous: Uint8Array = new Uint8Array(HASH_BYTES);

  constructor(origin: string) {
    this.origin = origin;
  }

  get previous(): string {
    return toBase64(this.#previous);
  }

  append(leaf: Leaf, trueUtc: number): void {
    const text = leafText(leaf);
    this.leaves.push(leaf);
    this.texts.push(text);
    this.trueUtc.push(trueUtc);
    this.#previous = leafHash(utf8(text));
    for (const { level, position, hash } of this.frontier.append(this.#previous)) {
      this.#nodes.set(`${level}/${position}`, hash);
    }
  }

  readonly nodeAt = (level: number, position: number): Uint8Array => {
    const node = this.#nodes.get(`${level}/${position}`);
    assert(node, "that subtree is not complete");
    return node;
  };

  inclusion(index: number, size: number): string[] {
    return inclusionProof(index, size, this.nodeAt).map(toBase64);
  }

  consistency(first: number, second: number): string[] {
    return consistencyProof(first, second, this.nodeAt).map(toBase64);
  }

  /** Roots of the complete subtrees of the tree of this size, from the left. */
  frontierOf(size: number): string[] {
    const peaks: string[] = [];
    let start = 0;
    for (let level = 52; level >= 0; level--) {
      const width = 2 ** level;
      if (Math.floor(size / width) % 2 === 0) continue;
      peaks.push(toBase64(this.nodeAt(level, start / width)));
      start += width;
    }
    return peaks;
  }
}

type Evidence = Omit<
  StatementEvidence,
  "v" | "typ" | "controller" | "origin" | "key" | "contract" | "assents"
>;

/** From true wall time to true wall time; the closing's checkpoint is the first that holds it. */
export function evidenceOf(segment: LifeSegment, zone: string, from: number, to: number): Evidence {
  const { trueUtc, leaves, texts, checkpoints } = segment;
  const opening = Math.max(
    0,
    trueUtc.findLastIndex((utc) => utc <= from),
  );
  const isCosigned = ({ note }: { note: string }) => note.split("\n\u2014").length > 2;
  // What came after the newest tree head is in no tree that anybody signed.
  const newest = checkpoints.findLast(isCosigned) ?? checkpoints.at(-1);
  assert(newest && newest.size > opening, "no tree head holds the opening; call cosign() later");
  const after = trueUtc.findIndex((utc, index) => utc >= to && index < newest.size);
  const closing = after === -1 ? newest.size - 1 : after;
  const holding = (index: number) => {
    const holders = checkpoints.filter(({ size }) => size > index);
    return holders.find(isCosigned) ?? holders[0]!;
  };
  const last = holding(closing);
  // A later cosigned one than the closing's would be no part of its tree.
  const first = holding(opening).size <= last.size ? holding(opening) : last;
  const end = (index: number, { size, note }: { size: number; note: string }) => {
    return { index, checkpoint: note, inclusion: segment.inclusion(index, size) };
  };
  return {
    period: { from, to, offsets: offsetsOf(zone, from, to) },
    opening: end(opening, first),
    closing: end(closing, last),
    consistency: segment.consistency(first.size, last.size),
    frontier: segment.frontierOf(opening),
    leaves: texts.slice(opening, last.size),
    earlier: earlierOf(leaves, opening).map((index) => {
      return { index, leaf: texts[index]!, inclusion: segment.inclusion(index, last.size) };
    }),
    checkpoints: checkpoints
      .filter((one) => one.size > first.size && one.size < last.size && isCosigned(one))
      .map(({ note }) => note),
  };
}

/** The leases' instructions, and the last anchor of the opening's boot. */
function earlierOf(leaves: readonly Leaf[], opening: number): number[] {
  const { boot } = leaves[opening]!;
  const anchor = leaves.findLastIndex(
    (leaf, index) => index < opening && leaf.typ === "ANCHOR" && leaf.boot === boot,
  );
  return leaves.flatMap(({ typ }, index) =>
    index < opening && (typ === "LEASE" || index === anchor) ? [index] : [],
  );
}

function offsetsOf(zone: string, from: number, to: number): { from: number; seconds: number }[] {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  const secondsAt = (utc: number) => {
    const part = format.formatToParts(utc).find(({ type }) => type === "timeZoneName")!;
    const [, sign, hours = "0", minutes = "0"] = /GMT(?:([+-])(\d+):(\d+))?/.exec(part.value)!;
    return (sign === "-" ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60);
  };
  const offsets = [{ from, seconds: secondsAt(from) }];
  // Offsets change at full hours of UTC everywhere but on a few islands, which no test visits.
  for (let at = Math.ceil(from / HOUR_MS) * HOUR_MS; at < to; at += HOUR_MS) {
    const seconds = secondsAt(at);
    if (seconds !== offsets.at(-1)!.seconds) offsets.push({ from: at, seconds });
  }
  return offsets;
}
