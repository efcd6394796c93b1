// Buses in processes of their own: real processes, with the drivers that are in the table.

import { existsSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Driver } from "../../drivers/driver.ts";
import { gpioDriver } from "../../drivers/gpio/gpio.ts";
import { codeOf, makeBus, type RigParts } from "../../drivers/shared/test-rig.ts";
import { simulatedDriver } from "../../drivers/simulated/simulated.ts";
import { waveformDriver } from "../../drivers/waveform/waveform.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { type BusChannel, startBusProcess } from "../host/bus-processes.ts";
import { HostClock } from "../host/clock.ts";
import { hostTimers } from "../host/timers.ts";
import type { FromBus, ToBus } from "./bus-messages.ts";
import { ProcessBus } from "./process-bus.ts";
import { Silence } from "./silence.ts";

const clock = new HostClock({ boot: "test", synchronised: () => false });
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** The driver's bus behind a process; the channels of all its lives are kept. */
function processBus(driver: Driver, parts: Omit<RigParts, "clock" | "timers">) {
  const channels: BusChannel<ToBus, FromBus>[] = [];
  const spawn = () => {
    const channel = startBusProcess<ToBus, FromBus>();
    channels.push(channel);
    return channel;
  };
  const isolated: Driver = {
    ...driver,
    create: (context) => new ProcessBus(driver, context, spawn),
  };
  const made = makeBus(isolated, { ...parts, clock, timers: hostTimers });
  closing.push(() => made.bus.close());
  return { ...made, sink: made.sinks[0]!, device: made.bus.devices[0]!, channels };
}

const CONSTANT = { points: [{ wave: { constant: 42 } }] };

describe("a bus in a process of its own", () => {
  test("that does not close where it is only looked at says so, and ends nothing", async () => {
    const close = () => Promise.reject(new Error("it was never open"));
    const stubborn: Driver = {
      ...simulatedDriver,
      create: (context) => ({ ...simulatedDriver.create(context), close }),
    };
    const unhandled: unknown[] = [];
    const hear = (error: unknown) => void unhandled.push(error);
    process.on("unhandledRejection", hear);
    const { bus } = processBus(stubborn, { devices: [CONSTANT] });
    await new Promise(setImmediate);
    process.off("unhandledRejection", hear);
    expect(bus.devices).toHaveLength(1);
    expect(unhandled).toEqual([]);
  });

  test("reads, writes and fails as it does in the meter", async () => {
    const silent = { settings: { silent: { from: "0s", for: "1h" } }, points: CONSTANT.points };
    const { bus, device, sink } = processBus(simulatedDriver, { devices: [CONSTANT, silent] });
    await device.read!();
    await device.write(0, Number.NaN);
    await device.read!();
    expect(sink.values()).toEqual([42, Number.NaN]);
    expect(await codeOf(bus.devices[1]!.read!())).toBe("BUS_TIMEOUT");
    expect("start" in device).toBe(false);
  });

  test("that is killed fails who waits, and the next read starts it again", async () => {
    const { device, sink, channels } = processBus(simulatedDriver, { devices: [CONSTANT] });
    await device.read!();
    channels[0]!.kill();
    // Whether the kill is known already or only with this read: it is never taken for an answer.
    expect(await codeOf(device.read!())).toMatch(/DRIVER_ENDED|no fault/);
    await device.read!();
    expect(channels.length).toBe(2);
    expect(sink.latest()).toBe(42);
  });

  test("that is killed takes its pushing devices with it, and says so once", async () => {
    const zeros = ["head", "-c", "4096", "/dev/zero"];
    const command = ["sh", "-c", `${zeros.join(" ")}; exec sleep 60`];
    const { device, sink, channels } = processBus(waveformDriver, {
      devices: [{ settings: { source: { command }, format: "s16le" }, points: [{ channel: 0 }] }],
    });
    await device.start!();
    await sink.until(
      () => sink.blocks.reduce((sum, { samples }) => sum + samples.length, 0) >= 2048,
    );
    channels[0]!.kill();
    await sink.until(() => sink.losses.length > 0);
    expect(sink.losses.map((loss) => (loss as Error & { code: string }).code)).toEqual([
      "DRIVER_ENDED",
    ]);
    await device.start!();
    expect(sink.losses.length).toBe(1);
  });

  /** A started bus whose close leaves a mark: it ends the driver's command. */
  async function markedBus(mark: string) {
    const command = [
      "sh",
      "-c",
      `trap 'touch ${mark}; exit' TERM; head -c 64 /dev/zero; sleep 60 & wait`,
    ];
    const made = processBus(waveformDriver, {
      devices: [{ settings: { source: { command }, format: "s16le" }, points: [{ channel: 0 }] }],
    });
    await made.device.start!();
    return made;
  }

  test("closes its bus when the meter is gone", async () => {
    using scratch = scratchDirectory();
    const mark = scratch.at("closed");
    const { channels } = await markedBus(mark);
    const ended = new Promise<string>((resolve) => channels[0]!.onEnd(resolve));
    channels[0]!.disconnect();
    expect(await ended).toBe("ended with status 0");
    expect(existsSync(mark)).toBe(true);
  });

  test("closes its bus when a package fails in a callback of its own", async () => {
    using scratch = scratchDirectory();
    const mark = scratch.at("closed");
    const defect = scratch.at("defect.mjs");
    writeFileSync(
      defect,
      `process.on("message", ({ op }) => { if (op === "write") throw new Error("not mine"); });`,
    );
    vi.stubEnv("NODE_OPTIONS", `--import ${defect}`);
    const { device, channels } = await markedBus(mark);
    const ended = new Promise<string>((resolve) => channels[0]!.onEnd(resolve));
    await codeOf(device.write(0, 1));
    expect(await ended).toBe("ended with status 1");
    expect(existsSync(mark)).toBe(true);
  });

  test("outlives what a terminal and a service manager send to the whole group", async () => {
    const { device, sink, channels } = processBus(simulatedDriver, { devices: [CONSTANT] });
    await device.read!();
    for (const signal of [
      "SIGINT",
      "SIGTERM",
      "SIGHUP",
      "SIGQUIT",
      "SIGABRT",
      "SIGTSTP",
    ] as const) {
      process.kill(channels[0]!.pid, signal);
    }
    await device.read!();
    await device.read!();
    expect(sink.values()).toEqual([42, 42, 42]);
    expect(channels.length).toBe(1);
  });

  test("leaves nothing of its driver in the meter", async () => {
    const before = process.listenerCount("exit");
    const { channels } = processBus(gpioDriver, {
      devices: [{ points: [{ line: "GPIO5", output: { safe: 0 } }] }],
    });
    expect(process.listenerCount("exit")).toBe(before);
    expect(channels.length).toBe(0);
  });

  test("is not started by a write", async () => {
    const { device, channels } = processBus(simulatedDriver, { devices: [CONSTANT] });
    expect(await codeOf(device.write(0, 1))).toBe("DRIVER_ENDED");
    expect(channels.length).toBe(0);
  });
});

describe("of a process that says nothing", () => {
  function silentBus() {
    const timers = new FakeClock();
    const killed: number[] = [];
    let say = (_message: FromBus) => {};
    let begun = 0;
    const spawn = (): BusChannel<ToBus, FromBus> => {
      const life = ++begun;
      return {
        pid: life,
        send: () => {},
        onMessage(listener) {
          say = listener;
        },
        onEnd: () => {},
        kill: () => void killed.push(life),
        disconnect: () => {},
      };
    };
    const driver: Driver = {
      ...simulatedDriver,
      create: (context) => new ProcessBus(simulatedDriver, context, spawn),
    };
    const made = makeBus(driver, { clock: timers, timers, devices: [CONSTANT] });
    return { ...made, timers, killed, say: (message: FromBus) => say(message) };
  }

  test("the meter waits for 45 s, and ends it", async () => {
    const { bus, timers, killed, say } = silentBus();
    const read = codeOf(bus.devices[0]!.read!());
    timers.advance(45_000);
    say({ t: "beat" });
    timers.advance(45_000);
    expect(killed).toEqual([]);
    timers.advance(1_000);
    expect(killed).toEqual([1]);
    expect(await read).toBe("DRIVER_ENDED");
    await bus.close();
  });

  test("a meter that closes does not leave it behind", async () => {
    const { bus, timers, killed } = silentBus();
    void codeOf(bus.devices[0]!.read!());
    timers.advance(6_000);
    const closing = bus.close();
    await timers.advanceAsync(900);
    await closing;
    expect(killed).toEqual([1]);
  });
});

test("a side that could not run itself does not take what it has not read for silence", () => {
  const silence = new Silence(3);
  // One beat, however late it comes: what was said meanwhile is read before the next one.
  expect(silence.beat()).toBe(false);
  silence.heard();
  expect([1, 2, 3, 4].map(() => silence.beat())).toEqual([false, false, false, true]);
});
