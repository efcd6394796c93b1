// Sleeping on timers that are handed in.

import { expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { sleep } from "./timers.ts";

test("a sleep ends with its time", async () => {
  const clock = new FakeClock();
  let awake = false;
  const sleeping = sleep(clock, 1_000).then(() => {
    awake = true;
  });
  await clock.advanceAsync(999);
  expect(awake).toBe(false);
  await clock.advanceAsync(1);
  expect(awake).toBe(true);
  await sleeping;
});

test("a sleep ends with its signal and leaves no timer behind", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const sleeping = sleep(clock, 1_000, stop.signal);
  expect(clock.pendingCalls).toBe(1);
  stop.abort();
  await sleeping;
  expect(clock.pendingCalls).toBe(0);
});

test("a sleep under an aborted signal never begins", async () => {
  const clock = new FakeClock();
  await sleep(clock, 1_000, AbortSignal.abort());
  expect(clock.pendingCalls).toBe(0);
});
