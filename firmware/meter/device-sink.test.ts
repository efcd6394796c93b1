import { expect, test } from "vitest";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import type { MachineDevice } from "../machine-file/machine.ts";
import { DeviceSink } from "./device-sink.ts";
import { DeviceWire } from "./device-wire.ts";
import type { Meter } from "./meter.ts";

test("what a driver tells of the wrong kind of point reaches no other", () => {
  const clock = new FakeClock();
  const told: unknown[][] = [];
  const tell =
    (name: string, ...before: unknown[]) =>
    (...rest: unknown[]) =>
      void told.push([name, ...before, ...rest]);
  const meter = {
    metering: { intake: { accept: tell("accept"), reject: tell("reject") } },
    waveform: (index: number) => ({ block: tell("block", index), gap: tell("gap", index) }),
  };
  const device: Pick<MachineDevice, "name" | "points"> = {
    name: "io",
    points: [
      { name: "level", settings: {}, kind: "signal", index: 0 },
      { name: "vibration", settings: {}, kind: "waveform", index: 0 },
    ],
  };
  const sink = new DeviceSink(
    device as MachineDevice,
    meter as unknown as Meter,
    new DeviceWire(clock, clock),
  );
  sink.sample(1, 77, 5);
  sink.gap(0);
  expect(told).toEqual([]);
  sink.bad(1, "overrun", 6);
  sink.block(0, Float32Array.of(1, 2), 2, 7);
  expect(told).toEqual([
    ["gap", 0],
    ["reject", 0, "not-configured", 7],
  ]);
});
