// The parameters that are known by their number (SPN): where they stand and what one step means. A
// closed list of what machines for hire are asked for.
//
// Read in the tables of three open-source decoders: famez/J1939-Framework, Database/frames.json;
// EvanL1/voltage-j1939, src/database.rs; the table of vnsl::j1939, which names the public
// FMS-Standard as its source. A row stands here when at least two of them agree on group, position
// and step; rows that only one has are marked. SAE's own document was not at hand: the document of
// the engine's maker decides.

import { type Field, readField } from "./field.ts";

export interface Parameter {
  readonly number: number;
  readonly name: string;
  readonly group: number;
  readonly field: Field;
  /** Value = raw × multiply ÷ divide + add: exact where the steps are fractions. */
  readonly multiply: number;
  readonly divide: number;
  readonly add: number;
  /** UCUM, for `unit` in the machine file. */
  readonly unit: string;
  /** Read in one table only: compare with the maker's document before money depends on it. */
  readonly isUnverified: boolean;
}

type Row = readonly [
  number: number,
  name: string,
  group: number,
  /** From 1, as documents count. */
  byte: number,
  bits: number,
  step: readonly [multiply: number, divide: number, add: number],
  unit: string,
];

const ONE = [1, 1, 0] as const;
const TORQUE = [1, 1, -125] as const;
const CELSIUS = [1, 1, -40] as const;
const FINE_CELSIUS = [1, 32, -273] as const;
const PERCENT = [2, 5, 0] as const;
const PER_TWENTY = [1, 20, 0] as const;

const ROWS: readonly Row[] = [
  [512, "Driver's demand engine percent torque", 61_444, 2, 8, TORQUE, "%"],
  [513, "Actual engine percent torque", 61_444, 3, 8, TORQUE, "%"],
  [190, "Engine speed", 61_444, 4, 16, [1, 8, 0], "/min"],
  [91, "Accelerator pedal position 1", 61_443, 2, 8, PERCENT, "%"],
  [92, "Engine percent load at current speed", 61_443, 3, 8, ONE, "%"],
  [84, "Wheel-based vehicle speed", 65_265, 2, 16, [1, 256, 0], "km/h"],
  [110, "Engine coolant temperature", 65_262, 1, 8, CELSIUS, "Cel"],
  [174, "Engine fuel temperature 1", 65_262, 2, 8, CELSIUS, "Cel"],
  [175, "Engine oil temperature 1", 65_262, 3, 16, FINE_CELSIUS, "Cel"],
  [176, "Engine turbocharger oil temperature", 65_262, 5, 16, FINE_CELSIUS, "Cel"],
  [52, "Engine intercooler temperature", 65_262, 7, 8, CELSIUS, "Cel"],
  [94, "Engine fuel delivery pressure", 65_263, 1, 8, [4, 1, 0], "kPa"],
  [98, "Engine oil level", 65_263, 3, 8, PERCENT, "%"],
  [100, "Engine oil pressure", 65_263, 4, 8, [4, 1, 0], "kPa"],
  [101, "Engine crankcase pressure", 65_263, 5, 16, [1, 128, -250], "kPa"],
  [109, "Engine coolant pressure", 65_263, 7, 8, [2, 1, 0], "kPa"],
  [111, "Engine coolant level", 65_263, 8, 8, PERCENT, "%"],
  [183, "Engine fuel rate", 65_266, 1, 16, PER_TWENTY, "L/h"],
  [51, "Engine throttle position", 65_266, 7, 8, PERCENT, "%"],
  [108, "Barometric pressure", 65_269, 1, 8, [1, 2, 0], "kPa"],
  [171, "Ambient air temperature", 65_269, 4, 16, FINE_CELSIUS, "Cel"],
  [172, "Engine air inlet temperature", 65_269, 6, 8, CELSIUS, "Cel"],
  [102, "Engine intake manifold 1 pressure", 65_270, 2, 8, [2, 1, 0], "kPa"],
  [168, "Battery potential", 65_271, 5, 16, PER_TWENTY, "V"],
  [158, "Keyswitch battery potential", 65_271, 7, 16, PER_TWENTY, "V"],
  [247, "Engine total hours of operation", 65_253, 1, 32, PER_TWENTY, "h"],
  [249, "Engine total revolutions", 65_253, 5, 32, [1_000, 1, 0], "1"],
  [182, "Engine trip fuel", 65_257, 1, 32, [1, 2, 0], "L"],
  [250, "Engine total fuel used", 65_257, 5, 32, [1, 2, 0], "L"],
  [5_054, "High resolution engine total fuel used", 64_777, 5, 32, [1, 1_000, 0], "L"],
  [917, "High resolution total vehicle distance", 65_217, 1, 32, [5, 1, 0], "m"],
  [96, "Fuel level 1", 65_276, 2, 8, PERCENT, "%"],
];

const UNVERIFIED_ROWS: readonly Row[] = [
  [105, "Engine intake manifold 1 temperature", 65_270, 3, 8, CELSIUS, "Cel"],
  [173, "Engine exhaust temperature", 65_270, 6, 16, FINE_CELSIUS, "Cel"],
  [177, "Transmission oil temperature 1", 65_272, 5, 16, FINE_CELSIUS, "Cel"],
  [235, "Engine total idle hours", 65_244, 5, 32, PER_TWENTY, "h"],
];

/** States of two bits and more: byte and bit from 1, as documents count. */
const STATES = [
  [70, "Parking brake switch", 65_265, 1, 3, 2],
  [595, "Cruise control active", 65_265, 4, 1, 2],
  [597, "Brake switch", 65_265, 4, 5, 2],
  [976, "PTO governor state", 65_265, 7, 1, 5],
] as const;

const ofRow = (isUnverified: boolean) => (row: Row) => {
  const [number, name, group, byte, bits, [multiply, divide, add], unit] = row;
  const field = { byte: byte - 1, bit: 0, bits, isSigned: false, usesAllValues: false };
  return { number, name, group, field, multiply, divide, add, unit, isUnverified };
};

export const PARAMETERS: ReadonlyMap<number, Parameter> = new Map(
  [
    ...ROWS.map(ofRow(false)),
    ...UNVERIFIED_ROWS.map(ofRow(true)),
    ...STATES.map(([number, name, group, byte, bit, bits]) => ({
      ...{ number, name, group, multiply: 1, divide: 1, add: 0, unit: "1", isUnverified: false },
      field: { byte: byte - 1, bit: bit - 1, bits, isSigned: false, usesAllValues: false },
    })),
  ].map((parameter) => [parameter.number, parameter]),
);

/** In the unit of the list, or why there is no value. */
export function readParameter(data: Uint8Array, parameter: Parameter) {
  const raw = readField(data, parameter.field);
  if (typeof raw !== "number") return raw;
  return (raw * parameter.multiply) / parameter.divide + parameter.add;
}
