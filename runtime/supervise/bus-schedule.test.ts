import { describe, expect, test } from "vitest";
import { BusSchedule, type ScheduleChange } from "./bus-schedule.ts";

/**
 * Each letter is a look: `k` all ten reads were done, `l` seven of ten, `n` nineteen of twenty, `d`
 * the device is down and none was done.
 */
function play(timeline: string) {
  const schedule = new BusSchedule();
  let reads = 0;
  let skippedReads = 0;
  const changes: (ScheduleChange & { look: number })[] = [];
  for (const [look, letter] of [...`k${timeline}`].entries()) {
    const [done, skipped] = { k: [10, 0], l: [7, 3], n: [19, 1], d: [0, 10] }[letter]!;
    reads += done!;
    skippedReads += skipped!;
    const change = schedule.look([
      { name: "pump", everyMs: 1_000, isUp: letter !== "d", reads, skippedReads },
      { name: "still", everyMs: 1_000, isUp: true, reads: look * 10, skippedReads: 0 },
    ]);
    if (change) changes.push({ ...change, look });
  }
  return changes;
}

describe("the schedule of a bus", () => {
  test.each([
    ["kkkkkk", [], "is kept"],
    ["llkllk", [], "is not lost in a moment"],
    ["lll", [3], "is lost when it stays so"],
    ["llllll", [3], "is lost once"],
    ["lllkkkkkk", [3, 9], "is kept again after a while"],
    ["lllkkkkklkkkkkk", [3, 15], "is not kept again in a moment"],
    ["lllnnnnnnnn", [3], "is neither lost nor kept in between"],
    ["nnnnnnn", [], "may lose a read now and then"],
    ["dddddd", [], "does not depend on devices that are away"],
  ] as const)("%s changes at %j: it %s", (timeline, looks, _why) => {
    expect(play(timeline).map(({ look }) => look)).toEqual(looks);
  });

  test("names the device that is worst off, and what it would need", () => {
    expect(play("lll")).toMatchObject([
      { isLate: true, device: "pump", everyMs: 1_000, neededMs: expect.closeTo(1_429, 0) },
    ]);
  });

  test("is not lost by one read of a slow rhythm, however often that is looked at", () => {
    const schedule = new BusSchedule();
    for (let look = 0; look < 60; look++) {
      const due = Math.floor(look / 3);
      const skippedReads = due >= 4 ? 1 : 0;
      const counts = { name: "slow", everyMs: 30_000, isUp: true, reads: due - skippedReads };
      expect(schedule.look([{ ...counts, skippedReads }])).toBeNull();
    }
  });

  test("is judged of a slow rhythm when enough reads were due", () => {
    const schedule = new BusSchedule();
    const changes: boolean[] = [];
    for (let look = 0; look < 60; look++) {
      // Due every 30 s, and every other one is passed over.
      const due = Math.floor(look / 3);
      const reads = Math.ceil(due / 2);
      const counts = { name: "slow", everyMs: 30_000, isUp: true, reads };
      const change = schedule.look([{ ...counts, skippedReads: due - reads }]);
      if (change) changes.push(change.isLate);
    }
    expect(changes).toEqual([true]);
  });
});
