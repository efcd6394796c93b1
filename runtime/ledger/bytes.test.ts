import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  concat,
  equal,
  fromBase64,
  fromBase64Url,
  fromHex,
  sha256,
  sha256Hex,
  text,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
} from "./bytes.ts";

const anyBytes = fc.uint8Array({ maxLength: 200 });

test("base64 and hexadecimal are what Node makes of the same bytes, and lead back", () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const buffer = Buffer.from(bytes);
      expect(toBase64(bytes)).toBe(buffer.toString("base64"));
      expect(toBase64Url(bytes)).toBe(buffer.toString("base64url"));
      expect(toHex(bytes)).toBe(buffer.toString("hex"));
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
      expect(fromHex(toHex(bytes))).toEqual(bytes);
      expect(toHex(sha256(bytes))).toBe(createHash("sha256").update(bytes).digest("hex"));
    }),
  );
});

test("each value has one base64 text: any other character, padding or spare bit is refused", () => {
  for (const wrong of [
    "QQ",
    "QQ=",
    "QR==",
    "Q===",
    "====",
    "QQ==\n",
    " QQ==",
    "QUJ=",
    "Q-==",
    "QÄ==",
  ]) {
    expect(fromBase64(wrong), wrong).toBeNull();
  }
  for (const wrong of ["Q", "QQ==", "QR", "QUJ", "+A", "Q Q", "QUI\n"]) {
    expect(fromBase64Url(wrong), wrong).toBeNull();
  }
  expect(fromBase64("")).toEqual(new Uint8Array(0));
});

test("half a byte and other letters are no hexadecimal", () => {
  for (const wrong of ["a", "0g", "0x", " 0", "+1"]) expect(fromHex(wrong), wrong).toBeNull();
  expect(fromHex("00fF")).toEqual(Uint8Array.of(0, 255));
});

test("text reads back byte for byte, a byte order mark included", () => {
  expect(text(utf8("\u{feff}Grüße"))).toBe("\u{feff}Grüße");
  expect(text(Uint8Array.of(0xff))).toBeNull();
});

test("the hash of a text is that of its UTF-8 bytes", () => {
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  expect(sha256Hex("abc")).toBe(abc);
  expect(sha256Hex(utf8("abc"))).toBe(abc);
});

test("bytes are joined in order, and equal only byte for byte", () => {
  expect(concat(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(
    Uint8Array.of(1, 2, 3),
  );
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
});
