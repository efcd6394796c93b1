// The I2C sensors that are supported: those of johnny-five that the board reads by itself at its
// sampling interval, and whose answers were held against the example of the chip's data sheet.
// Others of johnny-five ask again only after an answer, and stay silent for good when one is lost.

/** The parts of johnny-five that are used, by the name of their class. */
export type ComponentName = "Thermometer" | "Barometer" | "Hygrometer" | "Accelerometer";

interface Quantity {
  readonly component: ComponentName;
  /** The property of the component that holds it. */
  readonly property: string;
  /** For a person who writes the machine file. */
  readonly unit: string;
  /** Makes good what the component gets wrong. */
  readonly correct?: (value: number) => number;
}

interface Sensor {
  readonly address: number;
  /** The register whose answer is a measurement, and how many bytes it has. */
  readonly register: number;
  readonly bytes: number;
  /** True for bytes that the chip gives before it has measured, as after a dip of its supply. */
  readonly isUnmeasured: (bytes: readonly number[]) => boolean;
  readonly quantities: Readonly<Record<string, Quantity>>;
}

const temperature: Quantity = { component: "Thermometer", property: "celsius", unit: "Cel" };
const pressure: Quantity = { component: "Barometer", property: "pressure", unit: "kPa" };
const humidity: Quantity = { component: "Hygrometer", property: "relativeHumidity", unit: "%" };
const axes: Readonly<Record<string, Quantity>> = {
  x: { component: "Accelerometer", property: "x", unit: "[g]" },
  y: { component: "Accelerometer", property: "y", unit: "[g]" },
  z: { component: "Accelerometer", property: "z", unit: "[g]" },
};

const isZero = (bytes: readonly number[]) => bytes.every((byte) => byte === 0);

/** Bosch: pressure, or temperature, holds 0x80000 (of 20 bits) while it is switched off. */
const isSkipped = (bytes: readonly number[]) =>
  [0, 3].some((at) => bytes[at] === 0x80 && bytes[at + 1] === 0 && bytes[at + 2] === 0);

export const SENSORS: Readonly<Record<string, Sensor>> = {
  MCP9808: {
    address: 0x18,
    register: 0x05,
    bytes: 2,
    isUnmeasured: () => false,
    quantities: {
      // johnny-five 2.1 masks the sign away before it looks at it: -10 °C comes as 246.
      temperature: { ...temperature, correct: (value) => (value >= 128 ? value - 256 : value) },
    },
  },
  BMP280: {
    address: 0x77,
    register: 0xf7,
    bytes: 6,
    isUnmeasured: isSkipped,
    quantities: { temperature, pressure },
  },
  BME280: {
    address: 0x77,
    register: 0xf7,
    bytes: 8,
    isUnmeasured: isSkipped,
    quantities: { temperature, pressure, humidity },
  },
  // Asleep after power-on, with zeros in all registers: at rest one axis always has the gravity.
  MPU6050: {
    address: 0x68,
    register: 0x3b,
    bytes: 14,
    isUnmeasured: isZero,
    quantities: axes,
  },
  ADXL345: {
    address: 0x53,
    register: 0x32,
    bytes: 6,
    isUnmeasured: isZero,
    quantities: axes,
  },
};

/** Why this sensor does not have this quantity; null where it has. */
export function sensorIssue(controller: string, quantity: string): string | null {
  const quantities = Object.keys(SENSORS[controller]?.quantities ?? {});
  if (quantities.includes(quantity)) return null;
  return `is not a quantity of ${controller}; it has ${quantities.join(", ")}`;
}
