// The supported I2C sensors on a board in software, held against the examples of their data sheets.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HostClock } from "../../firmware/host/clock.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import { requires } from "../../runtime/testing/requires.ts";
import { makeBus, type OpenedBus } from "../shared/test-rig.ts";
import { firmataDriver } from "./firmata.ts";
import { SENSORS } from "./sensor-table.ts";
import { FirmataPeer } from "./test-rig.ts";

const clock = new HostClock({ boot: "test", synchronised: () => false });

let peer: FirmataPeer;
let opened: OpenedBus | null = null;

beforeEach(async (context) => {
  peer = new FirmataPeer(requires(context, "socat"));
  await peer.plug();
});

afterEach(async () => {
  await opened?.bus.close();
  opened = null;
  await peer?.dispose();
});

function open(controller: string, ...quantities: readonly string[]) {
  opened = makeBus(firmataDriver, {
    clock,
    timers: hostTimers,
    settings: { port: peer.path },
    devices: [
      {
        settings: { sampling: "20ms", check: "200ms", startTimeout: "3s" },
        points: quantities.map((quantity) => ({ sensor: { controller, quantity } })),
      },
    ],
  });
  return { device: opened.bus.devices[0]!, sink: opened.sinks[0]! };
}

/** Sixteen bits each, the low byte first, as Bosch keeps its coefficients. */
const words = (...numbers: readonly number[]) =>
  numbers.flatMap((number) => [number & 0xff, (number >> 8) & 0xff]);

/** BMP280 data sheet (BST-BMP280-DS001), 3.12: 25.08 °C and 100,653 Pa; its 32-bit way 100,656. */
const BMP280: readonly (readonly [number, readonly number[]])[] = [
  [0x88, words(27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)],
  [0xf7, [0x65, 0x5a, 0xc0, 0x7e, 0xed, 0x00]],
];

/** The same temperature and pressure; the humidity is worked out below from the data sheet. */
const HUMIDITY = { h1: 75, h2: 362, h3: 0, h4: 313, h5: 50, h6: 30, raw: 27_000 };
const BME280: readonly (readonly [number, readonly number[]])[] = [
  BMP280[0]!,
  [0xa1, [HUMIDITY.h1]],
  [
    0xe1,
    [
      ...words(HUMIDITY.h2),
      HUMIDITY.h3,
      HUMIDITY.h4 >> 4,
      (HUMIDITY.h4 & 0xf) | ((HUMIDITY.h5 & 0xf) << 4),
      HUMIDITY.h5 >> 4,
      HUMIDITY.h6,
      0,
    ],
  ],
  [0xf7, [...BMP280[1]![1], HUMIDITY.raw >> 8, HUMIDITY.raw & 0xff]],
];

/** BME280 data sheet (BST-BME280-DS002), appendix A, compensation in floating point. */
function humidityOf({ h1, h2, h3, h4, h5, h6, raw }: typeof HUMIDITY): number {
  const fine = 128_422 - 76_800;
  const one = raw - (h4 * 64 + (h5 / 16_384) * fine);
  const slope = 1 + (h6 / 67_108_864) * fine * (1 + (h3 / 67_108_864) * fine);
  const humidity = one * (h2 / 65_536) * slope;
  return humidity * (1 - (h1 * humidity) / 524_288);
}

interface Example {
  readonly controller: string;
  readonly registers: readonly (readonly [number, readonly number[]])[];
  readonly expected: Readonly<Record<string, number>>;
  /** How near johnny-five's way of working it out comes. */
  readonly digits: number;
}

const EXAMPLES: readonly Example[] = [
  // MCP9808 data sheet (DS25095A), 5.2.3 and equation 5-1: the flags above the sign do not count.
  {
    controller: "MCP9808",
    registers: [[0x05, [0xc1, 0x94]]],
    expected: { temperature: 25.25 },
    digits: 2,
  },
  {
    controller: "BMP280",
    registers: BMP280,
    expected: { temperature: 25.08, pressure: 100.656 },
    digits: 2,
  },
  {
    controller: "BME280",
    registers: BME280,
    expected: { temperature: 25.08, pressure: 100.656, humidity: humidityOf(HUMIDITY) },
    digits: 1,
  },
  // 16,384 counts for 1 g: a board that lies a little askew.
  {
    controller: "MPU6050",
    registers: [[0x3b, [0x20, 0x00, 0xf0, 0x00, 0x40, 0x00, 0, 0, 0, 0, 0, 0, 0, 0]]],
    expected: { x: 0.5, y: -0.25, z: 1 },
    digits: 3,
  },
  // 3.9 mg a count, the low byte first.
  {
    controller: "ADXL345",
    registers: [[0x32, [...words(128, -64, 256)]]],
    expected: { x: 0.5, y: -0.25, z: 1 },
    digits: 3,
  },
];

function connect(
  controller: string,
  registers: Example["registers"],
): Map<number, readonly number[]> {
  const map = new Map(registers);
  peer.sensors.set(SENSORS[controller]!.address, map);
  return map;
}

test("every sensor of the table has its example", () => {
  expect(EXAMPLES.map(({ controller }) => controller)).toEqual(Object.keys(SENSORS));
  for (const { controller, expected } of EXAMPLES) {
    expect(Object.keys(expected)).toEqual(SENSORS[controller]!.quantities);
  }
});

test.each(EXAMPLES)("$controller measures what its data sheet says", async (example) => {
  const { controller, registers, expected, digits } = example;
  connect(controller, registers);
  const { device, sink } = open(controller, ...Object.keys(expected));
  await device.start!();
  for (const [point, value] of Object.values(expected).entries()) {
    await sink.until(() => sink.values(point).length > 2);
    // Nothing came before the first measurement, such as the zero that johnny-five begins with.
    for (const got of sink.values(point)) expect(got).toBeCloseTo(value, digits);
  }
});

test("a temperature below zero has its sign", async () => {
  // -10.25 °C: 13 bits in two's complement, in sixteenths.
  connect("MCP9808", [[0x05, [0x1f, 0x5c]]]);
  const { device, sink } = open("MCP9808", "temperature");
  await device.start!();
  await sink.until(() => sink.values().length > 2);
  expect(new Set(sink.values())).toEqual(new Set([-10.25]));
});

test("a BMP280 is right in the cold too", async () => {
  const raw = 370_000;
  connect("BMP280", [BMP280[0]!, [0xf7, [0x65, 0x5a, 0xc0, raw >> 12, (raw >> 4) & 0xff, 0]]]);
  const { device, sink } = open("BMP280", "temperature");
  await device.start!();
  await sink.until(() => sink.values().length > 2);
  // Data sheet, 8.1, in floating point.
  const one = (raw / 16_384 - 27_504 / 1_024) * 26_435;
  const other = (raw / 131_072 - 27_504 / 8_192) ** 2 * -1_000;
  expect((one + other) / 5_120).toBeLessThan(-20);
  expect(sink.latest()).toBeCloseTo((one + other) / 5_120, 1);
});

describe("a sensor that has not measured", () => {
  const unmeasured = [
    { controller: "BMP280", quantity: "temperature", bytes: [0x80, 0, 0, 0x80, 0, 0] },
    { controller: "MPU6050", quantity: "z", bytes: new Array<number>(14).fill(0) },
    { controller: "ADXL345", quantity: "z", bytes: new Array<number>(6).fill(0) },
    { controller: "MCP9808", quantity: "temperature", bytes: [0xff, 0xff] },
  ];
  test.each(unmeasured)("$controller gives no value", async ({ controller, quantity, bytes }) => {
    const { register } = SENSORS[controller]!;
    const rest = controller === "BMP280" ? [BMP280[0]!] : [];
    connect(controller, [...rest, [register, bytes]]);
    const { device, sink } = open(controller, quantity);
    await device.start!();
    await sink.until(() => sink.values().length > 2);
    expect(new Set(sink.values())).toEqual(new Set(["sensor-fault"]));
  });
});

describe("a sensor that does not acknowledge", () => {
  const sketches = [
    { name: "StandardFirmata, which sends the bytes of another sensor", isCutting: false },
    { name: "a sketch that cuts the answer, of which johnny-five makes a zero", isCutting: true },
  ];
  test.each(sketches)("has no value, with $name", async ({ isCutting }) => {
    peer.isCutting = isCutting;
    connect("MCP9808", EXAMPLES[0]!.registers);
    opened = makeBus(firmataDriver, {
      clock,
      timers: hostTimers,
      settings: { port: peer.path },
      devices: [
        {
          settings: { sampling: "20ms", check: "200ms", startTimeout: "3s" },
          points: [
            { sensor: { controller: "MCP9808", quantity: "temperature" } },
            { sensor: { controller: "MCP9808", quantity: "temperature", address: 0x19 } },
          ],
        },
      ],
    });
    const [sink] = opened.sinks;
    await opened.bus.devices[0]!.start!();
    const isEnough = () => sink!.values(0).length > 4 && sink!.values(1).length > 4;
    await sink!.until(() => isEnough() || sink!.losses.length > 0);
    expect(sink!.losses).toEqual([]);
    expect(new Set(sink!.values(0))).toEqual(new Set([25.25]));
    expect(new Set(sink!.values(1))).toEqual(new Set(["not-connected"]));
  });

  test("and is back has the board set up again, and then its values", async () => {
    const registers = connect("MPU6050", EXAMPLES[3]!.registers);
    const { device, sink } = open("MPU6050", "z");
    await device.start!();
    await sink.until(() => sink.latest() === 1);
    peer.sensors.delete(0x68);
    await sink.until(() => sink.latest() === "not-connected");
    peer.sensors.set(0x68, registers);
    await sink.until(() => sink.losses.length > 0);
    peer.i2cWrites.length = 0;
    await device.start!();
    await sink.until(() => sink.latest() === 1);
    // Woken up again, which it has forgotten if its supply failed.
    expect(peer.i2cWrites).toContainEqual({ address: 0x68, bytes: [0x6b, 0] });
  });

  test("from the start is found when it comes", async () => {
    const { device, sink } = open("BMP280", "temperature");
    await device.start!();
    await sink.until(() => sink.latest() === "not-connected");
    connect("BMP280", BMP280);
    await sink.until(() => sink.losses.length > 0);
    await device.start!();
    await sink.until(() => sink.latest() === 25.08);
  });
});

describe("settings", () => {
  const wrong = [
    {
      name: "a chip that is not supported",
      sensor: { controller: "DS18B20", quantity: "temperature" },
    },
    { name: "what the chip does not measure", sensor: { controller: "MCP9808", quantity: "x" } },
    {
      name: "an address that I2C keeps for itself",
      sensor: { controller: "MCP9808", quantity: "temperature", address: 3 },
    },
  ];
  test.each(wrong)("refuse $name", ({ sensor }) => {
    expect(firmataDriver.point.safeParse({ sensor }).success).toBe(false);
  });

  test("refuse a point that is two things, or none", () => {
    expect(firmataDriver.point.safeParse({}).success).toBe(false);
    expect(firmataDriver.point.safeParse({ analog: 1, digital: { pin: 2 } }).success).toBe(false);
  });
});
