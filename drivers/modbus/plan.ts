// Which requests read a device's points: neighbours travel together, because on a slow line the
// number of requests is what costs; registers that nobody asked for are never read, because some
// devices answer a hole with an exception and some clear a register when it is read.

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

/** Every point is in exactly one batch, and a point's registers are never torn apart. */
export function planBatches(places: readonly RegisterPlace[]): readonly Batch[] {
  const byAddress = places
    .map((_, point) => point)
    .sort((left, right) => compare(places[left]!, places[right]!));
  const batches: Batch[] = [];
  let open: { table: Table; address: number; end: number; points: number[] } | null = null;
  for (const point of byAddress) {
    const { table, address, count } = places[point]!;
    const end: number = Math.max(open?.end ?? 0, address + count);
    const joins =
      open !== null &&
      open.table === table &&
      address <= open.end &&
      end - open.address <= COUNT_MAX[table];
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

/** Halves of a batch that the device refused, to find the point it refuses. */
export function splitBatch(
  places: readonly RegisterPlace[],
  batch: Batch,
): readonly [Batch, Batch] {
  const middle = batch.points.length >> 1;
  const first = batch.points.slice(0, middle);
  const second = batch.points.slice(middle);
  return [batchOf(places, first), batchOf(places, second)];
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
