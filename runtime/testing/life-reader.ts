// A test life's newest ledger segment, asked as a store is asked.

import { toBase64 } from "../ledger/bytes.ts";
import { peaksOf } from "../ledger/merkle.ts";
import type { LedgerReader } from "../ledger/reader.ts";
import type { Life } from "./ledger-life.ts";

export function lifeReader(life: Life): LedgerReader {
  const { segment } = life;
  const { leaves, texts, checkpoints } = segment;
  return {
    async facts() {
      return {
        controller: life.controller,
        origin: segment.origin,
        key: life.device.text,
        segment: life.segments.length,
        size: texts.length,
      };
    },
    async leaves(from, limit) {
      return texts.slice(from, from + limit);
    },
    async indexAt(utc) {
      const index = leaves.findIndex((leaf) => leaf.utc !== undefined && leaf.utc >= utc);
      return index === -1 ? leaves.length : index;
    },
    async newestOf(types, before, limit) {
      return leaves
        .flatMap(({ typ }, index) =>
          index < before && types.includes(typ) ? [{ index, leaf: texts[index]! }] : [],
        )
        .reverse()
        .slice(0, limit);
    },
    async inclusion(index, size) {
      return segment.inclusion(index, size);
    },
    async consistency(first, second) {
      return segment.consistency(first, second);
    },
    async frontier(size) {
      return peaksOf(size, segment.nodeAt).map(toBase64);
    },
    async checkpoints(sizeMin, sizeMax, limit) {
      return checkpoints
        .filter(({ size }) => size >= sizeMin && size <= sizeMax)
        .slice(0, limit)
        .map(({ note }) => note);
    },
    async freshCheckpoint() {
      life.checkpoint();
      return checkpoints.at(-1)!.note;
    },
  };
}
