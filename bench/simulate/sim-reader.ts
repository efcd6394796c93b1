// A simulated ledger as a statement's maker asks it: pages of leaves, proofs and tree heads.

import { toBase64 } from "../../runtime/ledger/bytes.ts";
import type { LedgerReader } from "../../runtime/ledger/reader.ts";
import type { SimDisk } from "./sim-disk.ts";

/** The simulated ledger as a statement's maker asks it. */
export function readerOf(
  disk: SimDisk,
  facts: { readonly controller: string; readonly origin: string; readonly key: string },
  fresh: string,
  cosigned: readonly { readonly size: number; readonly note: string }[],
): LedgerReader {
  const texts = disk.leaves;
  const typeOf = (text: string) => /"typ":"([A-Z_]+)","(?:utc|v)"/.exec(text)![1]!;
  const utcOf = (text: string) => Number(/"utc":(-?\d+),"v":1\}$/.exec(text)?.[1] ?? Number.NaN);
  const notes = [...cosigned, { size: texts.length, note: fresh }];
  return {
    facts: async () => ({ ...facts, segment: 1, size: texts.length }),
    leaves: async (from, limit) => texts.slice(from, from + Math.min(limit, 500)),
    async indexAt(utc) {
      const index = texts.findIndex((text) => utcOf(text) >= utc);
      return index === -1 ? texts.length : index;
    },
    async newestOf(types, before, limit) {
      const found: { index: number; leaf: string }[] = [];
      for (let index = before - 1; index >= 0 && found.length < limit; index--) {
        const leaf = texts[index]!;
        if ((types as readonly string[]).includes(typeOf(leaf))) found.push({ index, leaf });
      }
      return found;
    },
    inclusion: async (index, size) => disk.inclusion(index, size).map(toBase64),
    consistency: async (first, second) => disk.consistency(first, second).map(toBase64),
    frontier: async (size) => disk.frontier(size).map(toBase64),
    checkpoints: async (least, most, limit) =>
      notes
        .filter(({ size }) => size >= least && size <= most)
        .map(({ note }) => note)
        .slice(0, limit),
    freshCheckpoint: async () => fresh,
  };
}
