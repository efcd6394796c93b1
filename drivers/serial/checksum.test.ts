import { expect, test } from "vitest";
import { checksum, crc16Ccitt, crc16Modbus, isIntact, sum8, xor } from "./checksum.ts";

const CHECK = Buffer.from("123456789");

test("the checksums have their published check values", () => {
  expect(crc16Modbus(CHECK)).toBe(0x4b37);
  expect(crc16Ccitt(CHECK)).toBe(0x29b1);
  expect(crc16Ccitt(CHECK, 0)).toBe(0x31c3);
  expect(xor(CHECK)).toBe(0x31);
  expect(sum8(CHECK)).toBe(0xdd);
});

const cases: readonly [Record<string, unknown>, string, boolean][] = [
  [{ kind: "crc16-modbus" }, "123456789\x37\x4b", true],
  [{ kind: "crc16-modbus", endian: "big" }, "123456789\x4b\x37", true],
  [{ kind: "crc16-ccitt" }, "123456789\x29\xb1", true],
  [{ kind: "crc16-xmodem", encoding: "hex" }, "12345678931C3", true],
  [{ kind: "crc16-xmodem", encoding: "hex" }, "12345678931C4", false],
  [{ kind: "sum8" }, "123456789\xdd", true],
  [{ kind: "sum8", encoding: "hex", at: -3, from: 1 }, "S123456789dd\r", true],
  [{ kind: "xor", at: 1, from: 2, to: -1 }, "S1123456789E", true],
  [{ kind: "xor", encoding: "hex" }, "1234567893G", false],
  [{ kind: "xor" }, "", false],
  [{ kind: "crc16-modbus" }, "1", false],
  [{ kind: "nmea" }, "$GPGLL,5300.97914,N,00259.98174,E,125926,A*28", true],
  [{ kind: "nmea" }, "$GPGLL,5300.97914,N,00259.98174,E,125926,A*29", false],
  [{ kind: "nmea" }, "$GPGLL,5300.97914", false],
  [{ kind: "nmea" }, "GPGLL*28", false],
];
test.each(cases)("%j of %j: %s", (settings, frame, expected) => {
  expect(isIntact(checksum.parse(settings), Buffer.from(frame, "latin1"))).toBe(expected);
});
