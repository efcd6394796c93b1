// Leaves from before a statement's opening that its figures depend on: the lease as it stands, what
// dates the opening's boot, and the registers at the beginnings of days whose hours have used up
// included ones.

import type { LeafWindow } from "./collect-leaves.ts";
import { listedLeaf } from "./collect-leaves.ts";
import type { Contract } from "./contract.ts";
import { dateLeaves, type Listed } from "./dating.ts";
import { instructionOfJws } from "./judge-instruction.ts";
import type { Leaf } from "./leaf.ts";
import { LocalTime, type ZoneOffset } from "./local-time.ts";
import { lookBack } from "./look-back.ts";
import type { LedgerReader } from "./reader.ts";

/** Instructions of one hire; each assent and each standby call is one. */
const INSTRUCTIONS_MAX = 1_000;
/** Instructions that are asked for at once. */
const PAGE_MAX = 100;
/** Beginnings of days and weeks, newest first: each needs two leaves with their proofs. */
const MARKS_MAX = 2_000;

/** When the hire began that runs at the opening; null where none does. */
export async function hireStartOf(
  reader: LedgerReader,
  window: LeafWindow,
  opening: number,
): Promise<number | null> {
  const leases = await leaseLeaves(reader, window, opening);
  const onHire = leases.find(({ leaf }) => isOnHire(leaf));
  if (onHire === undefined) return null;
  const all = [onHire, ...window.listed.filter(({ index }) => index > onHire.index)];
  return dateLeaves(all)[0]!.utc;
}

function isOnHire(leaf: Leaf): boolean {
  if (leaf.typ !== "LEASE") return false;
  const instruction = instructionOfJws(leaf.d.jws);
  return typeof instruction !== "string" && instruction.kind === "on-hire";
}

/** The instructions of the lease that stands at the opening, oldest first. */
async function leaseLeaves(
  reader: LedgerReader,
  window: LeafWindow,
  opening: number,
): Promise<readonly Listed[]> {
  const lease = window.listed.find(({ index }) => index === opening)?.leaf.lease?.id;
  const found: Listed[] = [];
  let before = opening;
  while (lease !== undefined && found.length < INSTRUCTIONS_MAX) {
    const page = await reader.newestOf(["LEASE"], before, PAGE_MAX);
    const listed = page.map(({ index, leaf }) => listedLeaf(index, leaf));
    const own = listed.filter(({ leaf }) => leaf.lease?.id === lease);
    found.push(...own);
    if (own.length < PAGE_MAX) break;
    before = listed.at(-1)!.index;
  }
  return found.reverse();
}

export interface EarlierNeeds {
  readonly contract: Contract;
  readonly offsets: readonly ZoneOffset[];
  readonly hireStart: number | null;
  readonly from: number;
}

/** Their indices, ascending. */
export async function earlierIndices(
  reader: LedgerReader,
  window: LeafWindow,
  opening: number,
  needs: EarlierNeeds,
): Promise<readonly number[]> {
  const indices = new Set<number>();
  for (const { index } of await leaseLeaves(reader, window, opening)) indices.add(index);
  for (const index of await datingIndices(reader, window, opening)) indices.add(index);
  for (const index of await markIndices(reader, needs)) indices.add(index);
  return [...indices].filter((index) => index < opening).sort((one, other) => one - other);
}

/** What dates the opening where its own clock was not synchronised. */
async function datingIndices(
  reader: LedgerReader,
  window: LeafWindow,
  opening: number,
): Promise<readonly number[]> {
  const isSure = ({ leaf }: Listed) => leaf.tq === "S" && leaf.utc !== undefined;
  const position = window.listed.findIndex(({ index }) => index === opening);
  const own = window.listed[position]!;
  if (isSure(own)) return clampingIndex(window, position);
  // The boot's beginning, where an informative clock was read first, and the last sure reading.
  const starts = await reader.newestOf(["GENESIS", "RECOVERY", "BOOT"], opening, 3);
  const inBoot = starts.filter(({ index, leaf }) => {
    return listedLeaf(index, leaf).leaf.boot === own.leaf.boot;
  });
  const sure = window.listed.slice(0, position).findLast(isSure)?.index;
  const anchors = sure === undefined ? await reader.newestOf(["ANCHOR"], opening, 1) : [];
  return [...inBoot, ...anchors, ...(sure === undefined ? [] : [{ index: sure }])].map(
    ({ index }) => index,
  );
}

/**
 * Where the clock went back a little, a leaf is dated as the one before that had the later time:
 * without that one the same leaf would have another date in the next statement.
 */
function clampingIndex({ listed, datings }: LeafWindow, position: number): readonly number[] {
  const { utc } = datings[position]!;
  if (utc === listed[position]!.leaf.utc) return [];
  const first = datings.findIndex((dating) => dating.utc === utc);
  return first < position ? [listed[first]!.index] : [];
}

/** The two leaves around each beginning of a day at which the registers matter. */
async function markIndices(
  reader: LedgerReader,
  { contract, offsets, hireStart, from }: EarlierNeeds,
): Promise<readonly number[]> {
  if (hireStart === null) return [];
  const local = new LocalTime(offsets, contract.shifts);
  const { firstDay, isMark } = lookBack(contract, local, local.dayAt(hireStart), from);
  if (firstDay === null) return [];
  const indices: number[] = [];
  let marks = 0;
  for (let day = local.dayAt(from); day >= firstDay && marks < MARKS_MAX; day--) {
    const at = local.startOf(day);
    if (!isMark(day) || at <= hireStart || at >= from) continue;
    marks++;
    const after = await reader.indexAt(at);
    indices.push(after);
    if (after > 0) indices.push(after - 1);
  }
  return indices;
}
