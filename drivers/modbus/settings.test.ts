import { describe, expect, test } from "vitest";
import { schema } from "../../runtime/schema/schema.ts";
import { busSettings, deviceSettings, pointSettings } from "./settings.ts";

function problemOf(check: { safeParse(given: unknown): { error?: unknown } }, given: unknown) {
  return String((check.safeParse(given).error as Error | undefined)?.message ?? "");
}

describe("settings", () => {
  test("have defaults that make a short file enough", () => {
    expect(busSettings.parse({ host: "plc" })).toEqual({ transport: "tcp", host: "plc" });
    const serial = { transport: "rtu", port: "usb-FTDI-port0" };
    expect(busSettings.parse(serial)).toEqual(serial);
    expect(deviceSettings.parse({})).toEqual({
      unitId: 1,
      timeout: 1_000,
      retries: 1,
      requestMax: 125,
      holesMax: 0,
    });
    expect(pointSettings.parse({ register: { input: 4 } })).toEqual({ register: { input: 4 } });
  });

  test.each([
    [{}, /names 0 addresses; give exactly one of coil, discrete, input, holding/],
    [{ input: 1, holding: 1 }, /names 2 addresses/],
    [{ coil: 0, type: "uint16" }, /a coil is one bit/],
    [{ discrete: 0, wordOrder: "low-first" }, /a discrete is one bit/],
    [{ coil: 0, bit: 1 }, /a coil is one bit/],
    [{ holding: 0, bit: 16 }, /goes beyond the 16 bits of a uint16/],
    [{ holding: 0, bits: [3, 2] }, /first bit and then the last/],
    [{ holding: 0, bit: 1, bits: [1, 2] }, /no place beside/],
    [{ holding: 0, type: "float32", bit: 1 }, /the type is float32/],
    [{ holding: 0, unavailable: [] }, /unavailable/],
    [{ holding: 65_535, type: "uint32" }, /ends beyond 65535: a uint32 takes 2 registers/],
    [{ holding: 70_000 }, /65535/],
    [{ holding: 1, scale: 2 }, /scale/],
  ])("the register %j is refused", (register, message) => {
    expect(problemOf(pointSettings, { register })).toMatch(message);
  });

  test.each([
    [{}, /host.*is missing|is missing.*host/s],
    [{ transport: "rtu" }, /is missing/],
    [{ transport: "rtu", port: 502 }, /must be the name or path of a serial port/],
    [{ transport: "rtu", port: "/dev/ttyS0", host: "plc" }, /the transport is rtu/],
    [{ host: "plc", baudRate: 9_600 }, /the transport is tcp/],
    [{ host: "plc", echo: true }, /the transport is tcp/],
    [{ transport: "rtu-over-tcp", host: "plc", parity: "even" }, /the transport is rtu-over-tcp/],
    [{ transport: "ascii", port: "/dev/ttyS0", parity: "mark" }, /parity/],
    [{ host: "plc", port: "/dev/ttyS0" }, /must be a number/],
  ])("the bus %j is refused", (bus, message) => {
    expect(problemOf(busSettings, bus)).toMatch(message);
  });

  test.each([
    [{ register: { holding: 0 }, equals: "SDM630" }, /must be text where the register is a string/],
    [{ register: { holding: 0, type: "string" }, equals: "SDM630" }, /each string needs it/],
    [{ register: { holding: 0, input: 0 }, equals: 7 }, /names no single address/],
    [{ register: { coil: 0 }, equals: 7 }, /coil/],
  ])("the identity %j is refused", (identity, message) => {
    expect(problemOf(deviceSettings, { identity })).toMatch(message);
  });

  test.each([248, 254, -1, 256, 1.5])("unit id %d is refused", (unitId) => {
    expect(problemOf(deviceSettings, { unitId })).not.toBe("");
  });

  test.each([0, 1, 247, 255])("unit id %d is taken", (unitId) => {
    expect(deviceSettings.parse({ unitId }).unitId).toBe(unitId);
  });

  test("there is no way to wait for ever", () => {
    expect(problemOf(deviceSettings, { timeout: "0s" })).toMatch(/shorter than 10 ms/);
    expect(problemOf(deviceSettings, { timeout: "1h" })).toMatch(/longer than/);
  });

  test("can be published as JSON Schema", () => {
    for (const each of [busSettings, deviceSettings, pointSettings]) {
      expect(schema.toJSONSchema(each, { io: "input" })).toMatchObject({ type: "object" });
    }
  });
});
