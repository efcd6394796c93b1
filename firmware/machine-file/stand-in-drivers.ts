// Drivers for the tests of the machine file: schemas like those of the real ones, and no bus behind
// them, so that a change of a driver changes no expected line here.

import { type Driver, defineDriver } from "../../drivers/driver.ts";
import { duration, schema } from "../../runtime/schema/schema.ts";

const address = schema.number().int().min(0).max(65_535);
const type = schema.enum(["uint16", "int16", "uint32", "int32", "float32"]).default("uint16");

const create = (): never => {
  throw new Error("a stand-in has no bus");
};

const modbus = defineDriver({
  name: "modbus",
  summary: "Modbus TCP",
  bus: schema.strictObject({
    transport: schema.literal("tcp").default("tcp"),
    host: schema.string().min(1),
    port: schema.number().int().min(1).max(65_535).default(502),
  }),
  device: schema.strictObject({
    unitId: schema.number().int().min(0).max(255).default(1),
    timeout: duration({ minMs: 10, maxMs: 60_000 }).default(1_000),
  }),
  point: schema.strictObject({
    register: schema.union([
      schema.strictObject({ coil: address }),
      schema.strictObject({ discrete: address }),
      schema.strictObject({ input: address, type }),
      schema.strictObject({ holding: address, type }),
    ]),
  }),
  create,
});

const waveform = defineDriver({
  name: "waveform",
  summary: "Raw PCM samples",
  bus: schema.strictObject({}),
  device: schema.strictObject({
    source: schema.union([
      schema.strictObject({ command: schema.array(schema.string()).min(1) }),
      schema.strictObject({ file: schema.string() }),
      schema.strictObject({ fifo: schema.string() }),
      schema.strictObject({ tcp: schema.string() }),
    ]),
    format: schema.enum(["s16le", "s16be", "s24le", "s32le", "f32le"]).default("s16le"),
    channels: schema.number().int().min(1).max(64).default(1),
  }),
  point: schema.strictObject({ channel: schema.number().int().min(0).default(0) }),
  create,
});

const simulated = defineDriver({
  name: "simulated",
  summary: "Scripted values for dry runs",
  bus: schema.strictObject({}),
  device: schema.strictObject({}),
  point: schema.looseObject({}),
  create,
});

export const standInDrivers: readonly Driver[] = [modbus, waveform, simulated];
