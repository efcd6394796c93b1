// The two pieces of DER (ITU-T X.690) that keys and signatures on P-256 come in: an ECDSA signature
// as a SEQUENCE of two INTEGERs, and a public key as SubjectPublicKeyInfo. Inside the ledger a
// signature is the 64 bytes r || s, as RFC 7518 section 3.4 has it.

import { concat, equal } from "./bytes.ts";

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** r and s have 256 bits. */
const SCALAR_BYTES = 32;

/** Null where it is not the one DER text of two numbers that fit 256 bits. */
export function derToRaw(der: Uint8Array): Uint8Array | null {
  // Two such numbers need 70 bytes: their length is always of the short form.
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2 || der.length > 2 + 2 * 35) return null;
  const r = readInteger(der, 2);
  if (r === null) return null;
  const s = readInteger(der, r.end);
  return s === null || s.end !== der.length ? null : concat(r.scalar, s.scalar);
}

function readInteger(
  der: Uint8Array,
  begin: number,
): { readonly scalar: Uint8Array; readonly end: number } | null {
  const length = der[begin + 1];
  if (der[begin] !== INTEGER || length === undefined || length === 0) return null;
  const end = begin + 2 + length;
  if (end > der.length) return null;
  const bytes = der.subarray(begin + 2, end);
  const negative = bytes[0]! >= 0x80;
  // A zero byte stands only before one that would otherwise make the number negative.
  const padded = bytes[0] === 0 && length > 1;
  if (negative || (padded && bytes[1]! < 0x80)) return null;
  const digits = padded ? bytes.subarray(1) : bytes;
  if (digits.length > SCALAR_BYTES) return null;
  const scalar = new Uint8Array(SCALAR_BYTES);
  scalar.set(digits, SCALAR_BYTES - digits.length);
  return { scalar, end };
}

/** @param raw r || s, 64 bytes. */
export function rawToDer(raw: Uint8Array): Uint8Array {
  if (raw.length !== 2 * SCALAR_BYTES) throw new RangeError("r || s has 64 bytes");
  const r = integer(raw.subarray(0, SCALAR_BYTES));
  const s = integer(raw.subarray(SCALAR_BYTES));
  return concat(Uint8Array.of(SEQUENCE, r.length + s.length), r, s);
}

function integer(scalar: Uint8Array): Uint8Array {
  let begin = 0;
  while (begin < SCALAR_BYTES - 1 && scalar[begin] === 0) begin += 1;
  const digits = scalar.subarray(begin);
  const content = digits[0]! >= 0x80 ? concat(Uint8Array.of(0), digits) : digits;
  return concat(Uint8Array.of(INTEGER, content.length), content);
}

/** SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING }, up to the point itself. */
const SPKI_HEAD = Uint8Array.of(
  ...[0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06],
  ...[0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00],
);
/** 0x04 || x || y. */
const POINT_BYTES = 1 + 2 * SCALAR_BYTES;

/** @param point uncompressed, 0x04 || x || y. */
export function spkiOfPoint(point: Uint8Array): Uint8Array {
  if (point.length !== POINT_BYTES || point[0] !== 4) {
    throw new RangeError("an uncompressed point of P-256 has 65 bytes and begins with 4");
  }
  return concat(SPKI_HEAD, point);
}

/** The uncompressed point of a key on P-256; null where it is another kind of key or form. */
export function pointOfSpki(spki: Uint8Array): Uint8Array | null {
  if (spki.length !== SPKI_HEAD.length + POINT_BYTES) return null;
  if (!equal(spki.subarray(0, SPKI_HEAD.length), SPKI_HEAD)) return null;
  const point = spki.slice(SPKI_HEAD.length);
  return point[0] === 4 ? point : null;
}
