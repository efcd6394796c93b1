// Which requests read a device's points: neighbours travel together, because on a slow line the
// number of requests is what costs; registers that nobody asked for are read only where the
// device's settings allow it, because some devices answer a hole with an exception and some clear a
// register when it is read.

import type { RegisterPlace, Table } from "./register.ts";

/** One read request and the points that its answer serves. */
export interface Batch {
  readonly table: Table;
  readonly address: number;
  readonly count: number;
  /** Positions in the device's list of points, by address. */
  readonly points: readonly number[];
}

/**
 * The most that one request may ask for: Modbus Application Protocol V1.1b3, clauses 6.1 to 6.4.
 */
export const COUNT_MAX: Readonly<Record<Table, number>> = {
  coil: 2_000,
  discrete: 2_000,
  input: 125,
  holding: 125,
};

/** What a device allows beyond the standard's limits. */
export interface PlanLimits {
  /** Registers in one request; a single point may take more. */
  readonly requestMax: number;
  /** Registers nobody asked for that may stand between two points of one request. */
  readonly holesMax: number;
}

const STRICTEST: PlanLimits = { requestMax: COUNT_MAX.holding, holesMax: 0 };

/** Every point is in exactly one batch, and a point's registers are never torn apart. */
export function planBatches(
  places: readonly RegisterPlace[],
  limits: PlanLimits = STRICTEST,
): readonly Batch[] {
  const byAddress = places
    .map((_, point) => point)
    .sort((left, right) => compare(places[left]!, places[right]!));
  const batches: Batch[] = [];
  let open: { table: Table; address: number; end: number; points: number[] } | null = null;
  for (const point of byAddress) {
    const { table, address, count } = places[point]!;
    const end: number = Math.max(open?.end ?? 0, address + count);
    const isBits = table === "coil" || table === "discrete";
    const countMax = isBits ? COUNT_MAX[table] : limits.requestMax;
    const joins =
      open !== null &&
      open.table === table &&
      address <= open.end + (isBits ? 0 : limits.holesMax) &&
      end - open.address <= countMax;
    if (open !== null && joins) {
      open.points.push(point);
      open.end = end;
      continue;
    }
    if (open !== null) batches.push(batchOf(places, open.points));
    open = { table, address, end: address + count, points: [point] };
  }
  if (open !== null) batches.push(batchOf(places, open.points));
  return batches;
}

/**
 * Two parts of a batch that the device refused, to find what it refuses: at its widest hole, which
 * nobody asked for, and in the middle where it has none.
 */
export function splitBatch(
  places: readonly RegisterPlace[],
  batch: Batch,
): readonly [Batch, Batch] {
  let at = batch.points.length >> 1;
  let widest = 0;
  let end = batch.address;
  for (const [position, point] of batch.points.entries()) {
    const { address, count } = places[point]!;
    if (address - end > widest) {
      widest = address - end;
      at = position;
    }
    end = Math.max(end, address + count);
  }
  return [batchOf(places, batch.points.slice(0, at)), batchOf(places, batch.points.slice(at))];
}

function batchOf(places: readonly RegisterPlace[], points: readonly number[]): Batch {
  const { table, address } = places[points[0]!]!;
  let end = address;
  for (const point of points) end = Math.max(end, places[point]!.address + places[point]!.count);
  return { table, address, count: end - address, points };
}

function compare(left: RegisterPlace, right: RegisterPlace): number {
  if (left.table !== right.table) return left.table < right.table ? -1 : 1;
  return left.address - right.address || left.count - right.count;
}
