// Bytes as hexadecimal, base64 and text, and their SHA-256: what Merkle trees, signatures and notes
// are made of. Pure and synchronous, so that a browser page verifies with the same code.

import { sha256 as hash } from "@noble/hashes/sha2.js";

const encoder = new TextEncoder();
/** A byte order mark is a byte like any other: what is signed must read back as it was. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Null where the bytes are not UTF-8. */
export function text(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = `${STANDARD.slice(0, 62)}-_`;
const STANDARD_CODES = codes(STANDARD);
const URL_SAFE_CODES = codes(URL_SAFE);
const NO_DIGIT = 255;

function codes(alphabet: string): Uint8Array {
  const table = new Uint8Array(128).fill(255);
  for (let digit = 0; digit < alphabet.length; digit++) table[alphabet.charCodeAt(digit)] = digit;
  return table;
}

/** RFC 4648 section 4, with padding. */
export function toBase64(bytes: Uint8Array): string {
  const digits = encode(bytes, STANDARD);
  return digits + "=".repeat((4 - (digits.length % 4)) % 4);
}

/** Strict: padded, no white space, no bits beyond the last byte; so each value has one text. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return decode(text, text.length - padding, STANDARD_CODES);
}

/** RFC 4648 section 5 without padding, as RFC 7515 has it. */
export function toBase64Url(bytes: Uint8Array): string {
  return encode(bytes, URL_SAFE);
}

/** As strict as `fromBase64`. */
export function fromBase64Url(text: string): Uint8Array | null {
  return decode(text, text.length, URL_SAFE_CODES);
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let digits = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index;
    const group = (bytes[index]! << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    digits += alphabet[group >> 18]! + alphabet[(group >> 12) & 63]!;
    if (left > 1) digits += alphabet[(group >> 6) & 63]!;
    if (left > 2) digits += alphabet[group & 63]!;
  }
  return digits;
}

function decode(text: string, digits: number, table: Uint8Array): Uint8Array | null {
  // One digit alone carries no byte.
  if (digits % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((digits * 3) / 4));
  let group = 0;
  let bits = 0;
  let written = 0;
  for (let index = 0; index < digits; index++) {
    const digit = table[text.charCodeAt(index)] ?? NO_DIGIT;
    if (digit === NO_DIGIT) return null;
    group = ((group << 6) | digit) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[written++] = (group >> bits) & 0xff;
    }
  }
  return (group & ((1 << bits) - 1)) === 0 ? bytes : null;
}

export function toHex(bytes: Uint8Array): string {
  let digits = "";
  for (const byte of bytes) digits += byte.toString(16).padStart(2, "0");
  return digits;
}

/** Lower or upper case; null where it is no hexadecimal of whole bytes. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(text.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** Not in constant time: nothing that is compared here is secret. */
export function equal(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) {
    if (one[index] !== other[index]) return false;
  }
  return true;
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash(bytes);
}

/** Of a text: of its UTF-8 bytes. */
export function sha256Hex(content: string | Uint8Array): string {
  return toHex(hash(typeof content === "string" ? utf8(content) : content));
}
