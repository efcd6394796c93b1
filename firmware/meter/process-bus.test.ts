// Buses in processes of their own: real processes, with the drivers that are in the table.

import { existsSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import type { Driver } from "../../drivers/driver.ts";
import { codeOf, makeBus, type RigParts } from "../../drivers/shared/test-rig.ts";
import { simulatedDriver } from "../../drivers/simulated/simulated.ts";
import { waveformDriver } from "../../drivers/waveform/waveform.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { type BusChannel, startBusProcess } from "../host/bus-processes.ts";
import { HostClock } from "../host/clock.ts";
import { hostTimers } from "../host/timers.ts";
import type { FromBus, ToBus } from "./bus-messages.ts";
import { ProcessBus } from "./process-bus.ts";

const clock = new HostClock({ boot: "test", synchronised: () => false });
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
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

  test("closes its bus when the meter is gone", async () => {
    using scratch = scratchDirectory();
    const mark = scratch.at("closed");
    // The driver's close ends its command, which leaves a mark as it goes.
    const command = [
      "sh",
      "-c",
      `trap 'touch ${mark}; exit' TERM; head -c 64 /dev/zero; sleep 60 & wait`,
    ];
    const { device, channels } = processBus(waveformDriver, {
      devices: [{ settings: { source: { command }, format: "s16le" }, points: [{ channel: 0 }] }],
    });
    await device.start!();
    const ended = new Promise<string>((resolve) => channels[0]!.onEnd(resolve));
    channels[0]!.disconnect();
    expect(await ended).toBe("ended with status 0");
    expect(existsSync(mark)).toBe(true);
  });
});
