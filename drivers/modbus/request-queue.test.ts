// A bus in a time of its own: each request takes as long as the test says, and nothing waits.

import { afterEach, describe, expect, test } from "vitest";
import { Fault } from "../../runtime/signal/fault.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { sleep } from "../../runtime/signal/timers.ts";
import { silentWire } from "../../runtime/signal/wire.ts";
import { DevicePoller } from "../../runtime/supervise/poller.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { codeOf } from "../shared/test-rig.ts";
import type { Ask } from "./line.ts";
import { RequestQueue } from "./request-queue.ts";

const READ: Ask = { kind: "read", table: "holding", address: 0, count: 1 };
const WRITE: Ask = { kind: "write-coil", address: 0, on: true, asMultiple: false };
const ANSWER_MS = 20;
const TIMEOUT_MS = 500;
const QUIET_MS = 100;

const pollers: DevicePoller[] = [];
afterEach(async () => {
  for (const poller of pollers.splice(0)) void poller.stop();
});

/** Units whose number is in `dead` never answer. */
function busOf(dead: ReadonlySet<number>) {
  const clock = new FakeClock();
  const served: { readonly unitId: number; readonly at: number }[] = [];
  const queue = new RequestQueue({
    place: "Bus plant",
    clock,
    timers: clock,
    async serve({ target }) {
      const { unitId } = target;
      served.push({ unitId, at: clock.mono() });
      if (!dead.has(unitId)) {
        await sleep(clock, ANSWER_MS);
        return new Uint8Array(2);
      }
      await sleep(clock, TIMEOUT_MS);
      throw new Fault("BUS_TIMEOUT", "silent", "wait");
    },
    recover: () => sleep(clock, QUIET_MS),
  });
  const ask = (unitId: number, what = READ) =>
    queue.request({ unitId, timeoutMs: TIMEOUT_MS, wire: silentWire }, what);
  return { clock, queue, served, ask };
}

describe("sixteen devices on one bus, five of them dead", () => {
  const RUN_MS = 60_000;
  const EVERY_MS = 1_000;
  const dead = new Set([1, 2, 3, 4, 5]);

  test("leave the other eleven 90 % of their rate, from a cold start on", async () => {
    const { clock, queue, served, ask } = busOf(dead);
    for (let unitId = 1; unitId <= 16; unitId++) {
      const retry = async () => {
        await ask(unitId).catch((error: unknown) => {
          if (queue.isSilent(unitId)) throw error;
          return ask(unitId);
        });
      };
      const poller = new DevicePoller({
        name: `unit${unitId}`,
        bus: "plant",
        driver: "modbus",
        device: { read: retry },
        everyMs: EVERY_MS,
        clock,
        timers: clock,
        log: silentLog,
        onBad: () => {},
        onTransition: () => {},
      });
      pollers.push(poller);
      poller.start();
    }
    await clock.advanceAsync(RUN_MS, 10);
    const reads = pollers.map((poller) => poller.summary(clock.mono()).reads);
    expect(Math.min(...reads.slice(5))).toBeGreaterThanOrEqual(0.9 * (RUN_MS / EVERY_MS));
    // Each dead device was asked, and none was forgotten.
    expect(new Set(served.map(({ unitId }) => unitId)).size).toBe(16);
    queue.close();
  });
});

describe("a silent device", () => {
  test("is asked again once its share allows, and at once when it is alone", async () => {
    const { clock, served, ask } = busOf(new Set([1]));
    void codeOf(ask(1));
    await clock.advanceAsync(600, 10);
    void codeOf(ask(1));
    await clock.advanceAsync(10, 10);
    expect(served.map(({ at }) => at)).toEqual([0, 600]);
    await clock.advanceAsync(600, 10);
    void ask(2);
    await clock.advanceAsync(30, 10);
    void codeOf(ask(1));
    await clock.advanceAsync(1_000, 10);
    expect(served.filter(({ unitId }) => unitId === 1).length).toBe(2);
    const alive = clock.every(1_000, () => void ask(2));
    await clock.advanceAsync(25_000, 10);
    alive.cancel();
    expect(served.filter(({ unitId }) => unitId === 1).length).toBe(3);
  });

  test("is written to at once all the same", async () => {
    const { clock, served, ask } = busOf(new Set([1]));
    void codeOf(ask(1));
    void ask(2);
    await clock.advanceAsync(1_000, 10);
    void codeOf(ask(1, WRITE));
    await clock.advanceAsync(10, 10);
    expect(served.at(-1)!.unitId).toBe(1);
  });

  test("that waits for too long is told so, and the bus goes on", async () => {
    const dead = new Set([1, 2, 3]);
    const { clock, ask } = busOf(dead);
    for (const unitId of dead) void codeOf(ask(unitId));
    const alive = clock.every(1_000, () => void ask(9));
    await clock.advanceAsync(3_000, 10);
    const waiting = [...dead].map((unitId) => codeOf(ask(unitId)));
    await clock.advanceAsync(31_000, 10);
    expect(await Promise.all(waiting)).toEqual(Array(3).fill("BUS_TIMEOUT"));
    alive.cancel();
  });
});

test("a closed queue rejects what waits and what comes", async () => {
  const { clock, queue, ask } = busOf(new Set());
  const [under, waiting] = [codeOf(ask(1)), codeOf(ask(2))];
  queue.close();
  await clock.advanceAsync(100, 10);
  expect(await waiting).toBe("BUS_CLOSED");
  expect(await codeOf(ask(3))).toBe("BUS_CLOSED");
  expect(await under).toMatch(/no fault/);
});
