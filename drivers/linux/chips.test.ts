// Sensor chips and thermometers in made-up trees.

import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { codeOf } from "../shared/test-rig.ts";
import { Controller, INA219 } from "./test-rig.ts";

describe("a hwmon chip", () => {
  test("is found by name, and its readings come in whole units", async () => {
    using controller = new Controller();
    controller.hwmon(0, "1-0048", { name: "lm75", temp1_input: 25_000 });
    controller.hwmon(1, "1-0040", { ...INA219, in1_label: "supply", fan1_input: 1_450 });
    const points = ["in1", "supply", "curr1", "power1", "fan1"].map((channel) => ({ channel }));
    const got = await controller.readOnce({ hwmon: "ina219" }, ...points);
    expect(got).toEqual([12.034, 12.034, -0.25, 3.0085, 1_450]);
  });

  test("has its other files by their whole names, flags as they are", async () => {
    using controller = new Controller();
    controller.hwmon(0, "1-0040", { ...INA219, in1_max: 15_000, in0_lcrit_alarm: 1 });
    const points = [{ channel: "in1_max" }, { channel: "in0_lcrit_alarm" }];
    expect(await controller.readOnce({ hwmon: "ina219" }, ...points)).toEqual([15, 1]);
  });

  const nonsense = [
    { name: "nothing", text: "" },
    { name: "a word", text: "nan" },
    { name: "two numbers", text: "12 13" },
    { name: "infinity", text: "1e999" },
    { name: "a temperature below the absolute zero", text: "-300000" },
  ];
  test.each(nonsense)("that says $name has a broken sensor", async ({ text }) => {
    using controller = new Controller();
    controller.hwmon(0, "1-0048", { name: "lm75", temp1_input: text, temp2_input: 20_000 });
    const points = [{ channel: "temp1" }, { channel: "temp2" }];
    expect(await controller.readOnce({ hwmon: "lm75" }, ...points)).toEqual(["sensor-fault", 20]);
  });

  test("whose fault flag is set gives no value, whatever the reading", async () => {
    using controller = new Controller();
    const files = { name: "max6675", temp1_input: 21_000, temp1_fault: 1 };
    controller.hwmon(0, "1-0048", files);
    const got = await controller.readOnce({ hwmon: "max6675" }, { channel: "temp1" });
    expect(got).toEqual(["sensor-fault"]);
  });

  test("is told from another of its name by its place, which has to be said", async () => {
    using controller = new Controller();
    controller.hwmon(0, "1-0040", INA219);
    controller.hwmon(1, "1-0041", { ...INA219, in1_input: 24_000 });
    const settings = { hwmon: "ina219", at: "1-0041" };
    expect(await controller.readOnce(settings, { channel: "in1" })).toEqual([24]);
    const attempt = controller.readOnce({ hwmon: "ina219" }, { channel: "in1" });
    await expect(attempt).rejects.toMatchObject({
      code: "SETTING_INVALID",
      message: expect.stringMatching(/at: 1-0040.*at: 1-0041/),
    });
    // A part of a place is no place.
    const half = controller.readOnce({ hwmon: "ina219", at: "1-004" }, { channel: "in1" });
    expect(await codeOf(half)).toBe("BUS_UNREACHABLE");
  });

  test("that goes away is unreachable, and is found again under another number", async () => {
    using controller = new Controller();
    const folder = controller.hwmon(0, "1-0040", INA219);
    const points = [{ channel: "in1" }];
    const { bus, sinks } = controller.bus({ settings: { hwmon: "ina219" }, points });
    const device = bus.devices[0]!;
    await device.read!();
    controller.remove(folder);
    controller.remove("sys/class/hwmon/hwmon0");
    expect(await codeOf(device.read!())).toBe("BUS_UNREACHABLE");
    // Its number was given to another chip meanwhile, whose voltage must not be taken for its own.
    controller.hwmon(0, "1-0048", { ...INA219, name: "ina226", in1_input: 5_000 });
    expect(await codeOf(device.read!())).toBe("BUS_UNREACHABLE");
    controller.hwmon(3, "1-0040", { ...INA219, in1_input: 11_000 });
    await device.read!();
    expect(sinks[0]!.values()).toEqual([12.034, 11]);
  });

  test("without the channel has the others, and says which there are", async () => {
    using controller = new Controller();
    controller.hwmon(0, "1-0040", INA219);
    const points = [{ channel: "in7" }, { channel: "in1" }, {}];
    const { bus, sinks } = controller.bus({ settings: { hwmon: "ina219" }, points });
    await bus.devices[0]!.read!();
    const [sink] = sinks;
    expect([0, 1, 2].map((point) => sink!.latest(point))).toEqual([
      "not-configured",
      12.034,
      "not-configured",
    ]);
    expect(sink!.got[0]?.fault?.remedy).toContain("curr1");
  });

  test("whose driver answers with an error has no value for that channel alone", async () => {
    using controller = new Controller();
    const folder = controller.hwmon(0, "1-0040", INA219);
    // To read a folder is an error as little foreseen as those that drivers give.
    controller.remove(`${folder}/in1_input`);
    controller.write(`${folder}/in1_input/x`, "");
    const points = [{ channel: "in1" }, { channel: "curr1" }];
    expect(await controller.readOnce({ hwmon: "ina219" }, ...points)).toEqual(["exception", -0.25]);
  });

  test("is not written", async () => {
    using controller = new Controller();
    controller.hwmon(0, "1-0040", INA219);
    const { bus } = controller.bus({
      settings: { hwmon: "ina219" },
      points: [{ channel: "pwm1" }],
    });
    expect(await codeOf(bus.devices[0]!.write(0, 255))).toBe("WRITE_REFUSED");
  });
});

describe("an IIO device", () => {
  const ADC = {
    name: "ads1015",
    in_voltage0_raw: 1_000,
    in_voltage0_scale: "2.000000000",
    "in_voltage0-voltage1_raw": -20,
    "in_voltage-voltage_scale": "0.500000000",
    in_voltage1_raw: 7,
  };

  test("is raw, offset and scale together, from its own or its kind's file", async () => {
    using controller = new Controller();
    controller.iio(0, "1-0048", ADC);
    controller.iio(1, "1-0076", {
      name: "bme280",
      in_temp_input: 21_340,
      in_humidityrelative_input: 44_500,
      in_pressure_input: "98.765000000",
      in_accel_x_raw: 100,
      in_accel_scale: "0.1",
      in_accel_offset: -2,
    });
    const own = [{ channel: "voltage0" }, { channel: "voltage0-voltage1" }];
    expect(await controller.readOnce({ iio: "ads1015" }, ...own)).toEqual([2, -0.01]);
    const channels = ["temp", "humidityrelative", "pressure", "accel_x"];
    const points = channels.map((channel) => ({ channel }));
    const got = await controller.readOnce({ iio: "bme280" }, ...points);
    expect(got).toEqual([21.34, 44.5, 98.765, expect.closeTo(9.8, 9)]);
  });

  test("gives counts only to who asks for counts", async () => {
    using controller = new Controller();
    controller.iio(0, "1-0048", ADC);
    const points = [{ channel: "voltage1" }, { channel: "in_voltage1_raw" }];
    expect(await controller.readOnce({ iio: "ads1015" }, ...points)).toEqual(["not-configured", 7]);
  });

  test("is also known by its label, and so are its channels", async () => {
    using controller = new Controller();
    controller.iio(0, "1-0048", { ...ADC, label: "bridge", in_voltage0_label: "force" });
    expect(await controller.readOnce({ iio: "bridge" }, { channel: "force" })).toEqual([2]);
  });

  test("whose scale is no number gives no value", async () => {
    using controller = new Controller();
    controller.iio(0, "1-0048", { ...ADC, in_voltage0_scale: "" });
    const got = await controller.readOnce({ iio: "ads1015" }, { channel: "voltage0" });
    expect(got).toEqual(["sensor-fault"]);
  });
});

describe("a 1-wire thermometer", () => {
  const ID = "28-00000a1b2c3d";
  const GOOD = "72 01 4b 46 7f ff 0e 10 57";
  const cases = [
    { name: "that measures", bytes: GOOD, verdict: "YES", t: 23_125, expected: 23.125 },
    { name: "of a newer kernel", bytes: GOOD, verdict: "yes", t: 23_125, expected: 23.125 },
    {
      name: "below zero",
      bytes: "ff ff 4b 46 7f ff 01 10 2a",
      verdict: "YES",
      t: -62,
      expected: -0.062,
    },
    {
      name: "that has not measured since power-on",
      bytes: "50 05 4b 46 7f ff 0c 10 1c",
      verdict: "YES",
      t: 85_000,
      expected: "sensor-fault",
    },
    {
      name: "on a shorted line",
      bytes: "00 00 00 00 00 00 00 00 00",
      verdict: "YES",
      t: 0,
      expected: "sensor-fault",
    },
    { name: "beyond its range", bytes: GOOD, verdict: "YES", t: 127_937, expected: "sensor-fault" },
  ];
  test.each(cases)("$name", async ({ bytes, verdict, t, expected }) => {
    using controller = new Controller();
    controller.thermometer(ID, bytes, verdict, t);
    expect(await controller.readOnce({ oneWire: ID }, {})).toEqual([expected]);
  });

  test("with a wrong checksum, an empty answer or none says which", async () => {
    using controller = new Controller();
    controller.thermometer(ID, "ff ff ff ff ff ff ff ff ff", "NO", -62);
    expect(await codeOf(controller.readOnce({ oneWire: ID }, {}))).toBe("BUS_CHECKSUM");
    writeFileSync(controller.at(`sys/bus/w1/devices/${ID}/w1_slave`), "");
    expect(await codeOf(controller.readOnce({ oneWire: ID }, {}))).toBe("BUS_UNREACHABLE");
    const other = controller.readOnce({ oneWire: "28-00000a1b2c3e" }, {});
    await expect(other).rejects.toMatchObject({
      code: "BUS_UNREACHABLE",
      message: expect.stringContaining(ID),
    });
  });
});
