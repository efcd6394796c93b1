import { describe, expect, test } from "vitest";
import { Fault, type FaultCode } from "../signal/fault.ts";
import { silentLog } from "../signal/log.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { badReasonOf, DevicePoller, type SupervisedDevice } from "./poller.ts";

/** The pace of nearly every device here; the clock moves in steps of it. */
const BEAT_MS = 1_000;

const fault = (code: FaultCode) => new Fault(code, `a ${code}`, "");

function follow(clock: FakeClock, device: SupervisedDevice, everyMs = BEAT_MS) {
  const events: string[] = [];
  const bad: string[] = [];
  const poller = new DevicePoller({
    name: "pump",
    bus: "plant",
    driver: "test",
    device,
    everyMs,
    clock,
    timers: clock,
    log: silentLog,
    onBad: (reason) => bad.push(`${clock.mono()} ${reason}`),
    onTransition: (state, cause) => events.push(`${clock.mono()} ${state} ${cause?.code ?? "-"}`),
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
    const clock = new FakeClock();
    const device = scripted(".");
    const { poller, events } = follow(clock, device, 250);
    poller.start();
    await clock.advanceAsync(1_000, 250);
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
      roundTrips: { minMs: 0, meanMs: 0, maxMs: 0 },
      requests: 0,
      answers: 0,
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
    const clock = new FakeClock();
    const { poller, events } = follow(clock, scripted(script));
    poller.start();
    await clock.advanceAsync(seconds * 1_000, BEAT_MS);
    expect(events).toEqual(expected);
  });

  test("that stays dead is asked less and less, but for ever", async () => {
    const clock = new FakeClock();
    const device = scripted("x");
    const { poller, events, bad } = follow(clock, device);
    poller.start();
    await clock.advanceAsync(86_400_000, BEAT_MS);
    // A day holds 288 rests of 5 minutes.
    expect(device.reads()).toBeGreaterThan(280);
    expect(device.reads()).toBeLessThan(300);
    expect(events).toEqual(["0 failing BUS_TIMEOUT", "2000 resting BUS_TIMEOUT"]);
    expect(bad.slice(0, 2)).toEqual(["0 timeout", "1000 timeout"]);
    expect(poller.summary(clock.mono())).toMatchObject({
      state: "resting",
      errors: { BUS_TIMEOUT: device.reads() },
      lastGoodAge: null,
    });
  });

  test("never runs twice at the same time; beats that come too early are counted", async () => {
    const clock = new FakeClock();
    let running = 0;
    let runningMax = 0;
    const ends: (() => void)[] = [];
    const { poller } = follow(clock, {
      async read() {
        runningMax = Math.max(runningMax, ++running);
        await new Promise<void>((resolve) => ends.push(resolve));
        running--;
      },
    });
    poller.start();
    await clock.advanceAsync(3_500, BEAT_MS);
    ends[0]!();
    await clock.advanceAsync(1_000, BEAT_MS);
    expect([runningMax, ends.length]).toEqual([1, 2]);
    expect(poller.summary(clock.mono())).toMatchObject({ skippedReads: 3, roundTripMs: 3_500 });
  });

  test("that never comes back is reported once and costs another device nothing", async () => {
    const clock = new FakeClock();
    const hung = follow(clock, { read: () => new Promise(() => {}) });
    const device = scripted(".");
    const lively = follow(clock, device);
    hung.poller.start();
    lively.poller.start();
    await clock.advanceAsync(300_000, BEAT_MS);
    expect(hung.events).toEqual(["60000 failing BUS_TIMEOUT"]);
    expect(hung.bad).toEqual(["60000 timeout"]);
    expect(device.reads()).toBe(301);
  });

  test("whose driver throws something unforeseen is tried again like any other", async () => {
    const clock = new FakeClock();
    let reads = 0;
    const { poller, events, bad } = follow(clock, {
      async read() {
        if (++reads === 1) throw new TypeError("undefined is not a pump");
      },
    });
    poller.start();
    await clock.advanceAsync(5_000, BEAT_MS);
    expect(events).toEqual(["0 failing DRIVER_DEFECT", "3000 up -"]);
    expect(bad).toEqual(["0 not-connected"]);
    expect(poller.summary(5_000).lastError).toMatchObject({
      message: "Device pump: the driver test failed: undefined is not a pump.",
      age: 5_000,
    });
  });

  test("with a setting that cannot work is left alone", async () => {
    const clock = new FakeClock();
    let reads = 0;
    const { poller, events } = follow(clock, {
      async read() {
        reads++;
        throw fault("SETTING_INVALID");
      },
    });
    poller.start();
    await clock.advanceAsync(600_000, BEAT_MS);
    expect(reads).toBe(1);
    expect(events).toEqual(["0 resting SETTING_INVALID"]);
  });

  test("says nothing any more once it is stopped", async () => {
    const clock = new FakeClock();
    let end = () => {};
    const { poller, events, bad } = follow(clock, {
      read: () =>
        new Promise((_, reject) => {
          end = () => reject(fault("BUS_CLOSED"));
        }),
    });
    poller.start();
    const stopped = poller.stop();
    end();
    await stopped;
    await clock.advanceAsync(10_000, BEAT_MS);
    expect([events, bad]).toEqual([[], []]);
  });
});

test("a port that is not there is looked for each second, for as long as it takes", async () => {
  const clock = new FakeClock();
  let isThere = false;
  const { poller, events } = follow(clock, {
    async read() {
      if (!isThere) throw fault("BUS_UNREACHABLE");
    },
  });
  poller.start();
  await clock.advanceAsync(3_600_000, BEAT_MS);
  isThere = true;
  await clock.advanceAsync(5_000, BEAT_MS);
  expect(events).toEqual([
    "0 failing BUS_UNREACHABLE",
    "2000 resting BUS_UNREACHABLE",
    expect.stringMatching(/^360[12]000 up -$/),
  ]);
});

describe("a device that speaks unasked", () => {
  test("is started again after it has fallen away", async () => {
    const clock = new FakeClock();
    let starts = 0;
    const { poller, events, bad } = follow(clock, {
      async start() {
        starts++;
      },
    });
    poller.start();
    await clock.advanceAsync(20_000, BEAT_MS);
    poller.heard(19_900);
    expect(poller.summary(clock.mono())).toMatchObject({ state: "up", lastGoodAge: 100 });
    poller.lost(fault("SOURCE_ENDED"));
    poller.lost(fault("SOURCE_ENDED"));
    await clock.advanceAsync(1_000, BEAT_MS);
    expect(starts).toBe(2);
    expect(bad).toEqual(["20000 not-connected"]);
    expect(events).toEqual(["0 up -", "20000 failing SOURCE_ENDED", "21000 up -"]);
  });

  test("and falls away at once each time is tried less and less", async () => {
    const clock = new FakeClock();
    let starts = 0;
    const { poller, events } = follow(clock, {
      async start() {
        starts++;
        poller.lost(fault("SOURCE_ENDED"));
      },
    });
    poller.start();
    await clock.advanceAsync(3_600_000, BEAT_MS);
    // Ten tries until the rest is 5 minutes long, then twelve an hour.
    expect(starts).toBeLessThan(25);
    expect(events).toEqual(["0 failing SOURCE_ENDED", "2000 resting SOURCE_ENDED"]);
  });

  test("and was steady for long is trusted anew", async () => {
    const clock = new FakeClock();
    const { poller, events } = follow(clock, { async start() {} });
    poller.start();
    for (let day = 0; day < 5; day++) {
      await clock.advanceAsync(86_400_000, BEAT_MS);
      poller.lost(fault("SOURCE_ENDED"));
      await clock.advanceAsync(1_000, BEAT_MS);
    }
    expect(events.filter((event) => event.includes("resting"))).toEqual([]);
    expect(poller.summary(clock.mono())).toMatchObject({ state: "up", reads: 6 });
  });

  test("and cannot be started rests like any other", async () => {
    const clock = new FakeClock();
    const { poller, events, bad } = follow(clock, {
      async start() {
        throw fault("BUS_UNREACHABLE");
      },
    });
    poller.start();
    await clock.advanceAsync(2_000, BEAT_MS);
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
