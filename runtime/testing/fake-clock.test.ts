import { expect, test } from "vitest";
import { sleep } from "../signal/timers.ts";
import { FakeClock } from "./fake-clock.ts";

test("calls run in the order of their instants, each seeing its own", () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  clock.after(30, () => seen.push(`late ${clock.mono()}`));
  clock.after(10, () => seen.push(`early ${clock.mono()}`));
  clock.every(20, () => seen.push(`period ${clock.mono()}`));
  clock.advance(45);
  expect(seen).toEqual(["early 10", "period 20", "late 30", "period 40"]);
  expect(clock.mono()).toBe(45);
});

test("calls that are due together run in the order in which they were asked for", () => {
  const clock = new FakeClock();
  const seen: number[] = [];
  for (let index = 0; index < 5; index++) clock.after(7, () => seen.push(index));
  clock.advance(7);
  expect(seen).toEqual([0, 1, 2, 3, 4]);
});

test("a call may arm another one that falls into the same leap", () => {
  const clock = new FakeClock();
  const seen: number[] = [];
  const again = () => {
    seen.push(clock.mono());
    clock.after(5, again);
  };
  clock.after(5, again);
  clock.advance(17);
  expect(seen).toEqual([5, 10, 15]);
});

test("a cancelled call does not run, and cancelling it again is harmless", () => {
  const clock = new FakeClock();
  let runs = 0;
  const timer = clock.every(10, () => runs++);
  clock.advance(25);
  timer.cancel();
  timer.cancel();
  clock.advance(100);
  expect(runs).toBe(2);
  expect(clock.pendingCalls).toBe(0);
});

test("a step of the wall clock moves utc and leaves monotonic time alone", () => {
  const clock = new FakeClock({ wall: { utcAtZero: 1_000, tq: "I", err: null } });
  clock.advance(500);
  clock.stepWall(3_600_000);
  expect(clock.instantAt(500)).toEqual({
    boot: "boot-1",
    mono: 500,
    utc: 3_601_500,
    tq: "I",
    err: null,
  });
});

test("a reboot forgets what waited and counts in another boot", () => {
  const clock = new FakeClock();
  clock.after(10, () => expect.fail("a call outlived its boot"));
  clock.advance(5);
  clock.reboot("boot-2");
  clock.advance(50);
  expect(clock.instantAt(clock.mono())).toMatchObject({ boot: "boot-2", mono: 50 });
});

test("a boot without a clock has no wall time", () => {
  const clock = new FakeClock({ wall: { utcAtZero: null, tq: "U", err: null } });
  expect(clock.instantAt(10).utc).toBeNull();
  expect(() => clock.stepWall(1)).toThrow("without a wall clock");
});

test("code that awaits between timers goes on when time is moved in steps", async () => {
  const clock = new FakeClock();
  const seen: number[] = [];
  const loop = async () => {
    for (let turn = 0; turn < 3; turn++) {
      await sleep(clock, 100);
      seen.push(clock.mono());
    }
  };
  const done = loop();
  await clock.advanceAsync(300, 100);
  await done;
  expect(seen).toEqual([100, 200, 300]);
});
