// The I2C sensors that are supported: those of johnny-five that the board reads by itself at its
// sampling interval, and whose values were held against the examples of the chips' data sheets.
// Others of johnny-five ask again only after an answer, and stay silent for good when one is lost.

import type { Five, FiveBoard } from "./libraries.ts";

/** What one answer of a sensor means, by quantity. */
type Values = Readonly<Record<string, number>>;

interface Sensor {
  readonly address: number;
  /** The register whose answer is a measurement. */
  readonly register: number;
  readonly bytes: number;
  readonly quantities: readonly string[];
  /** True for bytes that the chip gives before it has measured, as after a dip of its supply. */
  readonly isUnmeasured: (bytes: readonly number[]) => boolean;
  /**
   * Sets the sensor up. Called after each answer, what is given tells the values that johnny-five
   * made of it; null where it made none.
   */
  readonly open: (five: Five, board: FiveBoard, address: number) => () => Values | null;
}

/** One of johnny-five's own drivers, which tells its values at each answer. */
function driverOf(name: string, valuesOf: (told: never) => Values): Sensor["open"] {
  return (five, board, address) => {
    let values: Values | null = null;
    five.IMU.Drivers.get(board, name, { address }).on("data", (told) => {
      values = valuesOf(told as never);
    });
    return () => {
      const latest = values;
      // An answer of which nothing was made must not show the one before again.
      values = null;
      return latest;
    };
  };
}

interface Weather {
  readonly temperature: number;
  /** In Pa. */
  readonly pressure: number;
  /** In 1,024ths of a per cent; of a BME280 alone. */
  readonly humidity: number;
}

interface Motion {
  readonly accelerometer: { readonly x: number; readonly y: number; readonly z: number };
}

/** In its range of 2 g, which is the one it is left in. */
const MPU6050_COUNTS_PER_G = 16_384;

const isZero = (bytes: readonly number[]) => bytes.every((byte) => byte === 0);

/** Bosch: pressure, or temperature, holds 0x80000 (of 20 bits) while it is switched off. */
const isSkipped = (bytes: readonly number[]) =>
  [0, 3].some((at) => bytes[at] === 0x80 && bytes[at + 1] === 0 && bytes[at + 2] === 0);

export const SENSORS: Readonly<Record<string, Sensor>> = {
  MCP9808: {
    address: 0x18,
    register: 0x05,
    bytes: 2,
    quantities: ["temperature"],
    isUnmeasured: () => false,
    open: (five, board, address) => {
      const options = { board, address, controller: "MCP9808", enabled: false };
      const thermometer = new five.Thermometer(options);
      return () => {
        const { celsius } = thermometer;
        // johnny-five 2.1 masks the sign away before it looks at it: -10 °C comes as 246.
        return { temperature: celsius >= 128 ? celsius - 256 : celsius };
      };
    },
  },
  BMP280: {
    address: 0x77,
    register: 0xf7,
    bytes: 6,
    quantities: ["temperature", "pressure"],
    isUnmeasured: isSkipped,
    open: driverOf("BMP280", ({ temperature, pressure }: Weather) => ({
      temperature,
      pressure: pressure / 1_000,
    })),
  },
  BME280: {
    address: 0x77,
    register: 0xf7,
    bytes: 8,
    quantities: ["temperature", "pressure", "humidity"],
    isUnmeasured: isSkipped,
    open: driverOf("BME280", ({ temperature, pressure, humidity }: Weather) => ({
      temperature,
      pressure: pressure / 1_000,
      humidity: humidity / 1_024,
    })),
  },
  // Asleep after power-on, with zeros in all registers: at rest one axis always has the gravity.
  MPU6050: {
    address: 0x68,
    register: 0x3b,
    bytes: 14,
    quantities: ["x", "y", "z"],
    isUnmeasured: isZero,
    open: driverOf("MPU6050", ({ accelerometer: { x, y, z } }: Motion) => ({
      x: x / MPU6050_COUNTS_PER_G,
      y: y / MPU6050_COUNTS_PER_G,
      z: z / MPU6050_COUNTS_PER_G,
    })),
  },
  ADXL345: {
    address: 0x53,
    register: 0x32,
    bytes: 6,
    quantities: ["x", "y", "z"],
    isUnmeasured: isZero,
    open: (five, board, address) => {
      const accelerometer = new five.Accelerometer({ board, address, controller: "ADXL345" });
      return () => ({ x: accelerometer.x, y: accelerometer.y, z: accelerometer.z });
    },
  },
};

/** Why this sensor does not have this quantity; null where it has. */
export function sensorIssue(controller: string, quantity: string): string | null {
  const quantities = SENSORS[controller]?.quantities ?? [];
  if (quantities.includes(quantity)) return null;
  return `is not a quantity of ${controller}; it has ${quantities.join(", ")}`;
}
