// Which lines each part of a bearing gives when it is damaged, as multiples of the shaft's speed.

import type { OrderAxis } from "./block-spectra.ts";
import type { CandidateEvidence } from "./decision.ts";
import type { BearingOrders } from "./geometry.ts";

export type Part = CandidateEvidence["candidate"];

export interface Comb {
  readonly name: string;
  /** Of the fundamental: what a fault of this part repeats with. */
  readonly order: number;
  /** Multiples that are heard. A ball's pass over both rings smears the third. */
  readonly lines: number;
  /** The distance of sidebands: how often the part goes through the loaded zone. */
  readonly sideband: { readonly name: string; readonly order: number } | null;
}

export type Combs = Readonly<Record<Part, Comb>>;

/** The highest order that is looked at, above that of the highest third line. */
const ORDERS_ABOVE = 2.2;
/** A little more than three lines. */
export const LINES_SEEN = 3.1;

export function combsOf(orders: BearingOrders): Combs {
  const cage = { name: "FTF", order: orders.ftf };
  return {
    outer: { name: "BPFO", order: orders.bpfo, lines: 3, sideband: null },
    inner: { name: "BPFI", order: orders.bpfi, lines: 3, sideband: { name: "fr", order: 1 } },
    ball: { name: "2×BSF", order: 2 * orders.bsf, lines: 2, sideband: cage },
    cage: { name: "FTF", order: orders.ftf, lines: 4, sideband: null },
  };
}

export function highestOrderOf(orders: BearingOrders): number {
  return LINES_SEEN * Math.max(orders.bpfi, 2 * orders.bsf) + ORDERS_ABOVE;
}

/**
 * The lines that come with a fault: its multiples (a ball's also at half of them, one pass per
 * ring), its companions, and sidebands of the turns of shaft and cage.
 */
export function* familyOf(
  part: Part,
  order: number,
  cage: number,
  axis: OrderAxis,
): Generator<number> {
  const sides = { outer: [1, cage], inner: [1], ball: [1], cage: [] }[part];
  const highest = axis.bins * axis.step;
  const distance = part === "ball" ? order / 2 : order;
  for (let line = distance; line < highest + 1; line += distance) {
    yield line;
    for (const side of sides) yield* [line - side, line + side];
  }
  yield* companionsOf(part, order, cage, axis);
}

/** The turns of the cage are heard themselves up to this multiple. */
const CAGE_LINES = 8;

/**
 * Sidebands of what modulates a fault for certain, and the modulating turns themselves: an inner
 * ring carries its fault through the loaded zone with the shaft, a cage its rolling elements.
 */
export function* companionsOf(
  part: Part,
  order: number,
  cage: number,
  axis: OrderAxis,
): Generator<number> {
  if (part !== "inner" && part !== "ball") return;
  const turn = part === "inner" ? 1 : cage;
  for (let line = 1; line <= CAGE_LINES && part === "ball"; line++) yield line * cage;
  for (let carrier = order; carrier < axis.bins * axis.step + 2; carrier += order) {
    for (const side of [-2, -1, 1, 2]) yield carrier + side * turn;
  }
}
