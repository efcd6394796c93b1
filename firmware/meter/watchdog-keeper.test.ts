import { expect, test } from "vitest";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { WatchdogKeeper, type WorkSigns } from "./watchdog-keeper.ts";

const GOOD = { pendingRows: 0, isRefused: false };

/** Asks once a second; `signs` tells what the meter has done by then. */
function keep(signs: (second: number) => WorkSigns, petsMax = Number.POSITIVE_INFINITY) {
  const clock = new FakeClock();
  const pets: number[] = [];
  const ends: boolean[] = [];
  const failures: string[] = [];
  const keeper = new WatchdogKeeper({
    watchdog: {
      pet: () => {
        if (pets.length === petsMax) throw new Error("no such device");
        pets.push(clock.mono() / 1_000);
      },
      close: ({ disarm }) => void ends.push(disarm),
    },
    timeoutMs: 4_000,
    commitEveryMs: 1_000,
    work: () => signs(clock.mono() / 1_000),
    timers: clock,
    now: () => clock.mono(),
    onFailure: (error) => failures.push(String(error)),
  });
  return { clock, pets, ends, failures, keeper };
}

test("each look at work that was done is a sign of life", async () => {
  const { clock, pets } = keep((second) => ({ ...GOOD, settledAt: second, committedSeq: second }));
  await clock.advance(3_000);
  expect(pets).toEqual([0, 1, 2, 3]);
});

test("a meter that no longer settles time gives none", async () => {
  const { clock, pets } = keep((second) => ({
    ...GOOD,
    settledAt: Math.min(second, 2),
    committedSeq: second,
  }));
  await clock.advance(10_000);
  expect(pets).toEqual([0, 1, 2]);
});

test("rows that wait for a thread which never answers give none after its time", async () => {
  const { clock, pets } = keep((second) => ({
    settledAt: second,
    committedSeq: 7,
    pendingRows: second,
    isRefused: false,
  }));
  await clock.advance(60_000);
  // The first look sees a position for the first time; the disk then has 1 s and 10 s.
  expect(pets.at(-1)).toBe(11);
});

test("a disk that refuses its rows, and says so, does not end the hours", async () => {
  const { clock, pets } = keep((second) => ({
    settledAt: second,
    committedSeq: 7,
    pendingRows: second,
    isRefused: true,
  }));
  await clock.advance(60_000);
  expect(pets).toHaveLength(61);
});

test.each([true, false])(
  "a stop that was asked for (%s) disarms it, no other end does",
  (asked) => {
    const { ends, keeper } = keep(() => ({ ...GOOD, settledAt: 0, committedSeq: 0 }));
    keeper.close(asked);
    expect(ends).toEqual([asked]);
  },
);

test("a watchdog that is gone is told once and left alone, and hours go on", () => {
  const work = (second: number) => ({ ...GOOD, settledAt: second, committedSeq: second });
  const { clock, keeper, failures, ends } = keep(work, 2);
  clock.advance(10_000);
  keeper.close(true);
  expect(failures).toEqual(["Error: no such device"]);
  expect(ends).toEqual([]);
});
