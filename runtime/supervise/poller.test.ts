import { describe, expect, test } from "vitest";
import { Fault, type FaultCode } from "../signal/fault.ts";
import { silentLog } from "../signal/log.ts";
import type { Timers } from "../signal/timers.ts";
import { badReasonOf, DevicePoller, type SupervisedDevice } from "./poller.ts";

/** A clock that moves only when the test says so; beats come in step with it. */
class Course {
  now = 0;
  readonly #beats = new Set<{ everyMs: number; nextAt: number; run: () => void }>();
  readonly clock = {
    boot: "test",
    mono: () => this.now,
    instantAt: (mono: number) => ({ boot: "test", mono, utc: null, tq: "U" as const, err: null }),
  };
  readonly timers: Timers = {
    after() {
      throw new Error("a poller only beats");
    },
    every: (everyMs, run) => {
      const beat = { everyMs, nextAt: this.now + everyMs, run };
      this.#beats.add(beat);
      return { cancel: () => this.#beats.delete(beat) };
    },
  };

  async pass(durationMs: number): Promise<void> {
    const endAt = this.now + durationMs;
    await settle();
    for (;;) {
      const due = [...this.#beats].sort((a, b) => a.nextAt - b.nextAt)[0];
      if (due === undefined || due.nextAt > endAt) break;
      this.now = due.nextAt;
      due.nextAt += due.everyMs;
      due.run();
      await settle();
    }
    this.now = endAt;
    await settle();
  }
}

/** Lets every promise that can go on do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

const fault = (code: FaultCode) => new Fault(code, `a ${code}`, "");

function follow(course: Course, device: SupervisedDevice, everyMs = 1_000) {
  const events: string[] = [];
  const bad: string[] = [];
  const poller = new DevicePoller({
    name: "pump",
    bus: "plant",
    driver: "test",
    device,
    everyMs,
    clock: course.clock,
    timers: course.timers,
    log: silentLog,
    onBad: (reason) => bad.push(`${course.now} ${reason}`),
    onTransition: (state, cause) => events.push(`${course.now} ${state} ${cause?.code ?? "-"}`),
  });
  return { poller, events, bad };
}

/** Answers as the text says, one letter a read: `.` good, `x` a timeout; the last one holds on. */
function scripted(text: string) {
  let reads = 0;
  return {
    reads: () => reads,
    async read() {
      const step = text[Math.min(reads++, text.length - 1)];
      if (step === "x") throw fault("BUS_TIMEOUT");
    },
  };
}

describe("a device that is asked", () => {
  test("is read at once and at each beat", async () => {
    const course = new Course();
    const device = scripted(".");
    const { poller, events } = follow(course, device, 250);
    poller.start();
    await course.pass(1_000);
    expect(device.reads()).toBe(5);
    expect(events).toEqual(["0 up -"]);
    expect(poller.summary(1_100)).toEqual({
      name: "pump",
      bus: "plant",
      driver: "test",
      state: "up",
      reads: 5,
      skippedReads: 0,
      errors: {},
      lastError: null,
      lastGoodAge: 100,
      roundTripMs: 0,
    });
  });

  const timelines = [
    {
      name: "one lost answer is one failure, and three good ones are a recovery",
      script: ".x...",
      seconds: 8,
      events: ["0 up -", "1000 failing BUS_TIMEOUT", "4000 up -"],
    },
    {
      name: "every other answer lost is one event, not one a second",
      script: `.${"x.".repeat(50)}`,
      seconds: 90,
      events: ["0 up -", "1000 failing BUS_TIMEOUT"],
    },
    {
      name: "three failures in a row open the breaker",
      script: "xxxx.",
      seconds: 10,
      // Rests of 1 and 2 s.
      events: ["0 failing BUS_TIMEOUT", "2000 resting BUS_TIMEOUT", "5000 up -"],
    },
  ];
  test.each(timelines)("$name", async ({ script, seconds, events: expected }) => {
    const course = new Course();
    const { poller, events } = follow(course, scripted(script));
    poller.start();
    await course.pass(seconds * 1_000);
    expect(events).toEqual(expected);
  });

  test("that stays dead is asked less and less, but for ever", async () => {
    const course = new Course();
    const device = scripted("x");
    const { poller, events, bad } = follow(course, device);
    poller.start();
    await course.pass(86_400_000);
    // A day holds 288 rests of 5 minutes.
    expect(device.reads()).toBeGreaterThan(280);
    expect(device.reads()).toBeLessThan(300);
    expect(events).toEqual(["0 failing BUS_TIMEOUT", "2000 resting BUS_TIMEOUT"]);
    expect(bad.slice(0, 2)).toEqual(["0 timeout", "1000 timeout"]);
    expect(poller.summary(course.now)).toMatchObject({
      state: "resting",
      errors: { BUS_TIMEOUT: device.reads() },
      lastGoodAge: null,
    });
  });

  test("never runs twice at the same time; beats that come too early are counted", async () => {
    const course = new Course();
    let running = 0;
    let runningMax = 0;
    const ends: (() => void)[] = [];
    const { poller } = follow(course, {
      async read() {
        runningMax = Math.max(runningMax, ++running);
        await new Promise<void>((resolve) => ends.push(resolve));
        running--;
      },
    });
    poller.start();
    await course.pass(3_500);
    ends[0]!();
    await course.pass(1_000);
    expect([runningMax, ends.length]).toEqual([1, 2]);
    expect(poller.summary(course.now)).toMatchObject({ skippedReads: 3, roundTripMs: 3_500 });
  });

  test("that never comes back is reported once, and another device is read all the while", async () => {
    const course = new Course();
    const hung = follow(course, { read: () => new Promise(() => {}) });
    const device = scripted(".");
    const lively = follow(course, device);
    hung.poller.start();
    lively.poller.start();
    await course.pass(300_000);
    expect(hung.events).toEqual(["60000 failing BUS_TIMEOUT"]);
    expect(hung.bad).toEqual(["60000 timeout"]);
    expect(device.reads()).toBe(301);
  });

  test("whose driver throws something unforeseen is tried again like any other", async () => {
    const course = new Course();
    let reads = 0;
    const { poller, events, bad } = follow(course, {
      async read() {
        if (++reads === 1) throw new TypeError("undefined is not a pump");
      },
    });
    poller.start();
    await course.pass(5_000);
    expect(events).toEqual(["0 failing DRIVER_DEFECT", "3000 up -"]);
    expect(bad).toEqual(["0 not-connected"]);
    expect(poller.summary(5_000).lastError).toMatchObject({
      message: "Device pump: the driver test failed: undefined is not a pump.",
      age: 5_000,
    });
  });

  test("with a setting that cannot work is left alone", async () => {
    const course = new Course();
    let reads = 0;
    const { poller, events } = follow(course, {
      async read() {
        reads++;
        throw fault("SETTING_INVALID");
      },
    });
    poller.start();
    await course.pass(600_000);
    expect(reads).toBe(1);
    expect(events).toEqual(["0 resting SETTING_INVALID"]);
  });

  test("says nothing any more once it is stopped", async () => {
    const course = new Course();
    let end = () => {};
    const { poller, events, bad } = follow(course, {
      read: () =>
        new Promise((_, reject) => {
          end = () => reject(fault("BUS_CLOSED"));
        }),
    });
    poller.start();
    const stopped = poller.stop();
    end();
    await stopped;
    await course.pass(10_000);
    expect([events, bad]).toEqual([[], []]);
  });
});

describe("a device that speaks unasked", () => {
  test("is started again after it has fallen away", async () => {
    const course = new Course();
    let starts = 0;
    const { poller, events, bad } = follow(course, {
      async start() {
        starts++;
      },
    });
    poller.start();
    await course.pass(20_000);
    poller.heard(19_900);
    expect(poller.summary(course.now)).toMatchObject({ state: "up", lastGoodAge: 100 });
    poller.lost(fault("SOURCE_ENDED"));
    poller.lost(fault("SOURCE_ENDED"));
    await course.pass(1_000);
    expect(starts).toBe(2);
    expect(bad).toEqual(["20000 not-connected"]);
    expect(events).toEqual(["0 up -", "20000 failing SOURCE_ENDED", "21000 up -"]);
  });

  test("and falls away at once each time is tried less and less", async () => {
    const course = new Course();
    let starts = 0;
    const { poller, events } = follow(course, {
      async start() {
        starts++;
        poller.lost(fault("SOURCE_ENDED"));
      },
    });
    poller.start();
    await course.pass(3_600_000);
    // Ten tries until the rest is 5 minutes long, then twelve an hour.
    expect(starts).toBeLessThan(25);
    expect(events).toEqual(["0 failing SOURCE_ENDED", "2000 resting SOURCE_ENDED"]);
  });

  test("and was steady for long is trusted anew", async () => {
    const course = new Course();
    const { poller, events } = follow(course, { async start() {} });
    poller.start();
    for (let day = 0; day < 5; day++) {
      await course.pass(86_400_000);
      poller.lost(fault("SOURCE_ENDED"));
      await course.pass(1_000);
    }
    expect(events.filter((event) => event.includes("resting"))).toEqual([]);
    expect(poller.summary(course.now)).toMatchObject({ state: "up", reads: 6 });
  });

  test("and cannot be started rests like any other", async () => {
    const course = new Course();
    const { poller, events, bad } = follow(course, {
      async start() {
        throw fault("BUS_UNREACHABLE");
      },
    });
    poller.start();
    await course.pass(2_000);
    expect(events).toEqual(["0 failing BUS_UNREACHABLE", "2000 resting BUS_UNREACHABLE"]);
    expect(bad.length).toBe(3);
  });
});

test.each([
  ["BUS_TIMEOUT", "timeout"],
  ["BUS_CHECKSUM", "checksum"],
  ["BUS_WRONG_ANSWER", "checksum"],
  ["BUS_EXCEPTION", "exception"],
  ["BUS_UNREACHABLE", "not-connected"],
  ["BUS_CLOSED", "not-connected"],
  ["SOURCE_ENDED", "not-connected"],
] as const)("%s makes points bad with the reason %s", (code, reason) => {
  expect(badReasonOf(fault(code))).toBe(reason);
});
