// CRC-32C against its published check values.

import { expect, test } from "vitest";
import { crc32c } from "./crc32c.ts";

const bytes = (length: number, at: (index: number) => number) =>
  Uint8Array.from({ length }, (_, index) => at(index));

test("the catalogued check value of 123456789", () => {
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
});

// RFC 3720, appendix B.4, which prints the bytes in the order of the wire.
test.each([
  ["32 bytes of zeroes", bytes(32, () => 0), 0x8a9136aa],
  ["32 bytes of ones", bytes(32, () => 0xff), 0x62a8ab43],
  ["32 incrementing bytes", bytes(32, (index) => index), 0x46dd794e],
  ["32 decrementing bytes", bytes(32, (index) => 31 - index), 0x113fdb5c],
])("%s", (_, input, expected) => {
  expect(crc32c(input)).toBe(expected);
});

test("nothing has the checksum zero", () => {
  expect(crc32c(new Uint8Array())).toBe(0);
});
