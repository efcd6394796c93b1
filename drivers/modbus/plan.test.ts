import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Batch, COUNT_MAX, planBatches, splitBatch } from "./plan.ts";
import { placesOf, type RegisterPlace, TABLES, type Table } from "./register.ts";

function place(table: Table, address: number, count = 1): RegisterPlace {
  const [whole] = placesOf({ [table]: address });
  return { ...whole!, count };
}

function shape(batches: readonly Batch[]) {
  return batches.map(({ table, address, count, points }) => [table, address, count, [...points]]);
}

const anyPlace = fc
  .record({
    table: fc.constantFrom(...TABLES),
    // Dense, so that runs longer than a request come up, with holes and overlaps.
    address: fc.integer({ min: 0, max: 2_400 }),
    width: fc.constantFrom(1, 2, 4),
  })
  .map(({ table, address, width }) =>
    place(table, address, table === "coil" || table === "discrete" ? 1 : width),
  );

function assertReadable(places: readonly RegisterPlace[], batches: readonly Batch[]): void {
  const points = batches.flatMap((batch) => [...batch.points]).sort((a, b) => a - b);
  expect(points).toEqual(places.map((_, point) => point));
  for (const batch of batches) {
    expect(batch.count).toBeGreaterThan(0);
    expect(batch.count).toBeLessThanOrEqual(COUNT_MAX[batch.table]);
    for (const point of batch.points) {
      const { table, address, count } = places[point]!;
      expect(table).toBe(batch.table);
      expect(address).toBeGreaterThanOrEqual(batch.address);
      expect(address + count).toBeLessThanOrEqual(batch.address + batch.count);
    }
  }
}

describe("the plan of requests", () => {
  test("neighbours travel together, in order of address", () => {
    const places = [place("input", 3), place("input", 1, 2), place("input", 0)];
    expect(shape(planBatches(places))).toEqual([["input", 0, 4, [2, 1, 0]]]);
  });

  test("a hole or another table is another request", () => {
    const places = [place("input", 0), place("input", 2), place("holding", 1), place("coil", 0)];
    expect(shape(planBatches(places))).toEqual([
      ["coil", 0, 1, [3]],
      ["holding", 1, 1, [2]],
      ["input", 0, 1, [0]],
      ["input", 2, 1, [1]],
    ]);
  });

  test("a hole is read where the device allows it, and no wider one", () => {
    const places = [place("input", 0), place("input", 3), place("input", 7), place("coil", 2)];
    const limits = { requestMax: 125, holesMax: 2 };
    expect(shape(planBatches([...places, place("coil", 0)], limits))).toEqual([
      ["coil", 0, 1, [4]],
      ["coil", 2, 1, [3]],
      ["input", 0, 4, [0, 1]],
      ["input", 7, 1, [2]],
    ]);
  });

  test("a device that gives less in one answer is asked for less", () => {
    const places = Array.from({ length: 10 }, (_, index) => place("holding", index * 2, 2));
    const batches = planBatches(places, { requestMax: 7, holesMax: 0 });
    expect(batches.map((batch) => batch.count)).toEqual([6, 6, 6, 2]);
  });

  test("what is refused is parted at its widest hole first", () => {
    const places = [0, 1, 2, 9, 11].map((address) => place("holding", address));
    const [batch] = planBatches(places, { requestMax: 125, holesMax: 10 });
    expect(shape(splitBatch(places, batch!))).toEqual([
      ["holding", 0, 3, [0, 1, 2]],
      ["holding", 9, 3, [3, 4]],
    ]);
  });

  test("two points may look at the same registers", () => {
    const places = [place("holding", 10, 2), place("holding", 10), place("holding", 11)];
    expect(shape(planBatches(places))).toEqual([["holding", 10, 2, [1, 0, 2]]]);
  });

  test("a wide point is never torn at the limit", () => {
    const places = Array.from({ length: 63 }, (_, index) => place("holding", index * 2, 2));
    expect(planBatches(places).map((batch) => batch.count)).toEqual([124, 2]);
  });

  test("reads every point once, within the limits, and no register that none asked for", () => {
    fc.assert(
      fc.property(fc.array(anyPlace, { maxLength: 300 }), (places) => {
        const batches = planBatches(places);
        assertReadable(places, batches);
        const asked = new Set(
          places.flatMap(({ table, address, count }) =>
            Array.from({ length: count }, (_, index) => `${table} ${address + index}`),
          ),
        );
        for (const { table, address, count } of batches) {
          for (let index = 0; index < count; index++) {
            expect(asked.has(`${table} ${address + index}`)).toBe(true);
          }
        }
      }),
    );
  });

  test("splitting to the end still reads every point exactly once", () => {
    fc.assert(
      fc.property(fc.array(anyPlace, { maxLength: 60 }), (places) => {
        const todo = [...planBatches(places)];
        const single: Batch[] = [];
        for (let batch = todo.pop(); batch !== undefined; batch = todo.pop()) {
          if (batch.points.length === 1) single.push(batch);
          else todo.push(...splitBatch(places, batch));
        }
        assertReadable(places, single);
      }),
    );
  });
});
