// The controller's own readings in made-up trees and on this machine; scans; settings.

import { totalmem } from "node:os";
import { describe, expect, test } from "vitest";
import { hostTimers } from "../../firmware/host/timers.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import type { Found } from "../driver.ts";
import { codeOf, makeBus } from "../shared/test-rig.ts";
import { linuxDriver, linuxDriverAt } from "./linux.ts";
import { Controller } from "./test-rig.ts";

describe("the controller itself", () => {
  test("has load, uptime, memory and thermal zones by type", async () => {
    using controller = new Controller();
    controller.write("proc/uptime", "11773.33 34450.86");
    controller.write("proc/loadavg", "0.24 0.26 1.67 3/129 4241");
    controller.write("proc/meminfo", "MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:   250 kB");
    controller.write("sys/class/thermal/thermal_zone0/type", "gpu-thermal");
    controller.write("sys/class/thermal/thermal_zone0/temp", 40_000);
    controller.write("sys/class/thermal/thermal_zone1/type", "cpu-thermal");
    controller.write("sys/class/thermal/thermal_zone1/temp", 55_500);
    const words = ["uptime", "load15", "memoryTotal", "memoryAvailable", "memoryAvailableShare"];
    const points = words.map((each) => ({ controller: each }));
    const got = await controller.readOnce({}, ...points, { thermal: "cpu-thermal" });
    expect(got).toEqual([11_773.33, 1.67, 1_024_000, 256_000, 25, 55.5]);
  });

  test("has the bits of a Raspberry Pi's firmware, present and latched", async () => {
    using controller = new Controller();
    controller.write(
      "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled",
      5e4,
    );
    const words = ["underVoltage", "throttled", "underVoltageLatched", "throttledLatched"];
    const points = words.map((each) => ({ controller: each }));
    expect(await controller.readOnce({}, ...points)).toEqual([0, 0, 1, 1]);
    controller.hwmon(0, "rpi", { name: "rpi_volt", in0_lcrit_alarm: 1 });
    expect(await controller.readOnce({}, points[0]!)).toEqual([1]);
  });

  test("says of what it does not have that it does not", async () => {
    using controller = new Controller();
    controller.write("proc/self/mounts", "overlay / overlay rw 0 0");
    const points = [{ controller: "throttled" }, { thermal: "cpu" }, { channel: "in1" }];
    const reasons = ["not-configured", "not-configured", "not-configured"];
    expect(await controller.readOnce({}, ...points)).toEqual(reasons);
  });

  test("has the space of what is mounted, and not of a folder where nothing is", async () => {
    using controller = new Controller();
    controller.write("media/usb disk/photo", "x");
    controller.write("proc/self/mounts", "/dev/sda1 /media/usb\\040disk ext4 rw 0 0");
    const mounted = { disk: { mount: "/media/usb disk" } };
    const [share] = await controller.readOnce({}, mounted);
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThanOrEqual(100);
    controller.write("proc/self/mounts", "overlay / overlay rw 0 0");
    expect(await codeOf(controller.readOnce({}, mounted))).toBe("BUS_UNREACHABLE");
    // What is well beside it is still read.
    controller.write("proc/uptime", "5.00 1.00");
    const both = await controller.readOnce({}, mounted, { controller: "uptime" });
    expect(both).toEqual(["not-connected", 5]);
  });

  test("is read from this machine's own kernel", async () => {
    const clock = new FakeClock();
    const words = ["memoryTotal", "memoryAvailableShare", "uptime", "load1"];
    const points = [...words.map((controller) => ({ controller })), { disk: { mount: "/proc" } }];
    const { bus, sinks } = makeBus(linuxDriver, { clock, timers: clock, devices: [{ points }] });
    await bus.devices[0]!.read!();
    const sink = sinks[0]!;
    expect(sink.latest(0)).toBeLessThanOrEqual(totalmem() * 1.01);
    expect(sink.latest(0)).toBeGreaterThan(totalmem() * 0.5);
    expect(sink.latest(1)).toBeGreaterThan(0);
    expect(sink.latest(2)).toBeGreaterThan(1);
    expect(sink.latest(3)).toBeGreaterThanOrEqual(0);
    // A file system without space has no share of it.
    expect(sink.latest(4)).toBe("not-configured");
  });
});

describe("a scan", () => {
  async function scan(root: string, stop = new AbortController()): Promise<readonly Found[]> {
    const clock = new FakeClock();
    const found: Found[] = [];
    const parts = { settings: {}, clock, timers: hostTimers, log: silentLog };
    const progress = () => {};
    for await (const each of linuxDriverAt(root).scan!({ ...parts, stop: stop.signal, progress })) {
      found.push(each);
    }
    return found;
  }

  test("lists what there is, with what to write and what it reads now", async () => {
    using controller = new Controller();
    controller.hwmon(0, "1-0040", { name: "ina219", in1_input: 12_000 });
    controller.hwmon(1, "1-0041", { name: "ina219", in1_input: "junk" });
    controller.iio(0, "1-0076", { name: "bme280", in_temp_input: 21_000 });
    controller.thermometer("28-00000a1b2c3d", "72 01 4b 46 7f ff 0e 10 57", "YES", 23_125);
    controller.write("proc/self/mounts", "/dev/root / ext4 rw 0 0");
    controller.write("proc/uptime", "5.00 1.00");
    controller.write("proc/loadavg", "0.24 0.26 1.67 3/129 4241");
    controller.write("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 250 kB");
    const found = await scan(controller.root);
    expect(found).toContainEqual({
      where: "hwmon ina219 at 1-0040 in1",
      what: "12 V",
      settings: { hwmon: "ina219", at: "1-0040", channel: "in1", unit: "V" },
    });
    expect(found.map(({ settings }) => settings)).toEqual(
      expect.arrayContaining([
        { iio: "bme280", channel: "temp", unit: "Cel" },
        { oneWire: "28-00000a1b2c3d", unit: "Cel" },
        { disk: { mount: "/" }, unit: "%" },
        { controller: "uptime", unit: "s" },
      ]),
    );
    expect(found[1]?.what).toContain("not a number");
    // What a scan says to write is accepted, by the device or by the signal.
    for (const { settings } of found) {
      const { unit: _, hwmon, iio, oneWire, at, ...point } = settings;
      expect(linuxDriver.device.safeParse({ hwmon, iio, oneWire, at }).success).toBe(true);
      expect(linuxDriver.point.safeParse(point).success).toBe(true);
    }
  });

  test("shows numbers that a person can take in, with their unit", async () => {
    using controller = new Controller();
    controller.write("proc/meminfo", "MemTotal:  3000 kB\nMemFree: 1 kB\nMemAvailable:   1000 kB");
    controller.write("proc/self/mounts", "");
    const found = await scan(controller.root);
    const memory = found.filter(({ where }) => where.startsWith("controller memory"));
    expect(memory.map(({ what }) => what)).toEqual(["3072000 By", "1024000 By", "33.3333 %"]);
  });

  test("of this machine ends, and soon when it is stopped", async () => {
    const words = (await scan("/")).map(({ where }) => where);
    expect(words).toContain("controller uptime");
    const stop = new AbortController();
    stop.abort();
    expect(await scan("/", stop)).toEqual([]);
  });
});

describe("settings", () => {
  const wrong = [
    { name: "two chips", part: "device", given: { hwmon: "a", iio: "b" } },
    { name: "a place without a chip", part: "device", given: { at: "1-0040" } },
    { name: "an id that is none", part: "device", given: { oneWire: "28-1" } },
    { name: "two readings", part: "point", given: { controller: "load1", thermal: "cpu" } },
    { name: "a path for a channel", part: "point", given: { channel: "../../etc/passwd" } },
    { name: "a key that is misspelled", part: "point", given: { chanel: "in1" } },
  ] as const;
  test.each(wrong)("refuse $name", ({ part, given }) => {
    expect(linuxDriver[part].safeParse(given).success).toBe(false);
  });
});
