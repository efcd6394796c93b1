// How leaves get their wall time, read as timelines. Times are seconds: of the monotonic clock, and
// of the wall clock since noon.

import { describe, expect, test } from "vitest";
import type { TimeQuality } from "../signal/instant.ts";
import { ZERO_REGISTERS } from "../usage/usage-state.ts";
import { dateLeaves, type Listed } from "./dating.ts";
import type { Leaf } from "./leaf.ts";

const NOON = Date.UTC(2026, 10, 23, 12);

interface Told {
  readonly boot?: number;
  readonly mono: number;
  readonly wall?: number;
  readonly tq?: TimeQuality;
  readonly errMs?: number;
  /** Seconds since the leaf before that were observed; by default what the clock says. */
  readonly observed?: number;
  readonly step?: number;
  /** A witness's clock, in seconds since noon. */
  readonly witness?: number;
}

function listed(timeline: readonly Told[]): Listed[] {
  let observedMs = 0;
  return timeline.map((told, index) => {
    const before = timeline[index - 1];
    const isSameBoot = before && (before.boot ?? 1) === (told.boot ?? 1);
    observedMs += 1_000 * (told.observed ?? (isSameBoot ? told.mono - before.mono : 0));
    const { mono, wall, errMs = 20, tq = wall === undefined ? "U" : "S", step, witness } = told;
    const said =
      step !== undefined
        ? { typ: "TIME_STEP", d: { byMs: step * 1_000, beforeUtc: 0, afterUtc: 0 } }
        : witness !== undefined
          ? { typ: "COSIGNATURE", d: { note: "", witness: "w", time: NOON / 1_000 + witness } }
          : { typ: "TICK", d: {} };
    const leaf = {
      boot: `boot-${told.boot ?? 1}`,
      mono: mono * 1_000,
      ...(wall !== undefined && { utc: NOON + wall * 1_000, err: errMs }),
      tq,
      regs: { ...ZERO_REGISTERS, working: observedMs },
      ...said,
    } as unknown as Leaf;
    return { index, leaf };
  });
}

/** `12 S`: seconds since noon and quality of each leaf. */
function dated(timeline: readonly Told[]): readonly string[] {
  return dateLeaves(listed(timeline)).map(({ utc, quality }) => {
    return `${utc === null ? "-" : (utc - NOON) / 1_000} ${quality}`;
  });
}

describe("within a boot", () => {
  const cases: readonly { name: string; timeline: readonly Told[]; dates: readonly string[] }[] = [
    {
      name: "a synchronised leaf dates itself",
      timeline: [
        { mono: 5, wall: 0 },
        { mono: 15, wall: 10 },
      ],
      dates: ["0 S", "10 S"],
    },
    {
      name: "the first reading dates the leaves before it",
      timeline: [{ mono: 5 }, { mono: 65 }, { mono: 100, wall: 0 }],
      dates: ["-95 S", "-35 S", "0 S"],
    },
    {
      name: "the last reading before a leaf holds, not a later one that drifted",
      timeline: [{ mono: 0, wall: 0 }, { mono: 60 }, { mono: 70, wall: 70.2 }],
      dates: ["0 S", "60 S", "70.2 S"],
    },
    {
      name: "a clock nobody vouches for is not asked where there is a synchronised one",
      timeline: [
        { mono: 5, wall: -9_000, tq: "I" },
        { mono: 105, wall: 0 },
      ],
      dates: ["-100 S", "0 S"],
    },
    {
      name: "hours after the last reading the time is only relative",
      timeline: [{ mono: 0, wall: 0 }, { mono: 9_000 }, { mono: 11_000 }],
      // 100 ppm of 10,000 s are a second.
      dates: ["0 S", "9000 S", "11000 R"],
    },
    {
      name: "a step that corrects an unvouched clock makes nothing doubtful",
      timeline: [
        { mono: 5, wall: -9_000, tq: "I" },
        { mono: 105, wall: 0, step: 8_900 },
        { mono: 205, wall: 100 },
      ],
      dates: ["-100 R", "0 S", "100 S"],
    },
    {
      name: "a clock that somebody sets by hand changes nothing",
      timeline: [
        { mono: 0, wall: 0 },
        { mono: 10, wall: 7_210, tq: "I", step: 7_200 },
        { mono: 20, wall: 20, step: -7_200 },
        { mono: 30, wall: 30 },
      ],
      dates: ["0 S", "10 R", "20 S", "30 S"],
    },
    {
      name: "two synchronised readings that contradict each other make doubtful what follows",
      timeline: [
        { mono: 0, wall: 0 },
        { mono: 10, wall: 70, step: 60 },
        { mono: 20, wall: 80 },
        { mono: 30, wall: 30, step: -60 },
        { mono: 100, wall: 100 },
      ],
      // Time does not run backwards: the leaf of 30 stands where the one before it does.
      dates: ["0 R", "70 R", "80 R", "80 R", "100 S"],
    },
    {
      name: "suspended time counts, though the monotonic clock stood still",
      timeline: [{ mono: 0, wall: 0 }, { mono: 1, observed: 3_600 }, { mono: 2 }],
      dates: ["0 S", "3600 S", "3601 S"],
    },
  ];
  test.each(cases)("$name", ({ timeline, dates }) => {
    expect(dated(timeline)).toEqual(dates);
  });

  test("a step of more than ten minutes is named by its leaf, one of less is not", () => {
    const steps = (by: number) =>
      dateLeaves(
        listed([
          { mono: 0, wall: 0 },
          { mono: 10, wall: 10 + by, step: by },
          { mono: 20, wall: 20 + by },
        ]),
      ).map(({ step }) => step);
    expect(steps(601)).toEqual([1, 1, 1]);
    expect(steps(599)).toEqual([undefined, undefined, undefined]);
  });
});

describe("a boot without a synchronised clock", () => {
  const before: Told = { mono: 100, wall: 0 };
  const after: Told = { boot: 3, mono: 5, wall: 1_000 };

  test.each<{ name: string; timeline: readonly Told[]; dates: readonly string[] }>([
    {
      name: "lies in the middle between its neighbours",
      timeline: [before, { boot: 2, mono: 0 }, { boot: 2, mono: 200 }, after],
      dates: ["0 S", "400 R", "600 R", "1000 S"],
    },
    {
      name: "leaves room for what was still observed before it, and after its last leaf",
      timeline: [
        before,
        { boot: 2, mono: 0, observed: 100 },
        { boot: 2, mono: 200 },
        { ...after, observed: 300 },
      ],
      // 100 after the first boot, 200 and 300 of its own: 400 are left, half of them before it.
      dates: ["0 S", "300 R", "500 R", "1000 S"],
    },
    {
      name: "shares the room with others like it, in their order",
      timeline: [
        before,
        { boot: 2, mono: 0 },
        { boot: 2, mono: 200 },
        { boot: 4, mono: 0 },
        { boot: 4, mono: 100 },
        after,
      ],
      dates: ["0 S", "350 R", "550 R", "550 R", "650 R", "1000 S"],
    },
    {
      name: "begins not before a witness's signature that it has seen",
      timeline: [before, { boot: 2, mono: 0 }, { boot: 2, mono: 200, witness: 900 }, after],
      dates: ["0 S", "750 R", "950 R", "1000 S"],
    },
    {
      name: "has what an informative clock says where that is possible",
      timeline: [before, { boot: 2, mono: 0, wall: 300, tq: "I" }, { boot: 2, mono: 50 }, after],
      dates: ["0 S", "300 I", "350 I", "1000 S"],
    },
    {
      name: "does not believe a clock of 1970",
      timeline: [
        before,
        { boot: 2, mono: 0, wall: -NOON / 1_000, tq: "I" },
        { boot: 2, mono: 200 },
        after,
      ],
      dates: ["0 S", "400 R", "600 R", "1000 S"],
    },
    {
      name: "does not believe a clock of the future",
      timeline: [before, { boot: 2, mono: 0, wall: 5_000, tq: "I" }, { boot: 2, mono: 200 }, after],
      dates: ["0 S", "400 R", "600 R", "1000 S"],
    },
    {
      name: "follows the one before it where nothing comes after",
      timeline: [before, { boot: 2, mono: 0 }, { boot: 2, mono: 60 }],
      dates: ["0 S", "0 U", "60 U"],
    },
    {
      name: "ends where the next begins where nothing comes before",
      timeline: [{ boot: 2, mono: 0 }, { boot: 2, mono: 60 }, after],
      dates: ["940 U", "1000 U", "1000 S"],
    },
    {
      name: "alone has no date, unless a witness gave one",
      timeline: [{ mono: 0 }, { mono: 60 }],
      dates: ["- U", "- U"],
    },
    {
      name: "alone is dated by a witness",
      timeline: [{ mono: 0 }, { mono: 60, witness: 500 }],
      dates: ["440 U", "500 U"],
    },
  ])("$name", ({ timeline, dates }) => {
    expect(dated(timeline)).toEqual(dates);
  });

  test("says how far it may be off", () => {
    const errors = (timeline: readonly Told[]) => {
      return dateLeaves(listed(timeline)).map(({ errorMs }) => errorMs);
    };
    expect(errors([before, { boot: 2, mono: 0 }, { boot: 2, mono: 200 }, after])).toEqual([
      20, 400_000, 400_000, 20,
    ]);
    // Between 0 and 1,000 s, or 5 s by its own word.
    const informed = { boot: 2, mono: 0, wall: 300, tq: "I" as const };
    expect(errors([before, { ...informed, errMs: 5_000 }, after])[1]).toBe(5_000);
    expect(errors([before, { ...informed, errMs: 9_000_000 }, after])[1]).toBe(700_000);
    expect(errors([before, { boot: 2, mono: 0 }])[1]).toBe(null);
  });
});
