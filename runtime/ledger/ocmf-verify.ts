// Whether a key has signed an OCMF record: its curves, and the forms in which the field writes keys
// and signatures.

import type { ECDSA } from "@noble/curves/abstract/weierstrass.js";
import { brainpoolP256r1, brainpoolP384r1 } from "@noble/curves/misc.js";
import { p256, p384 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { concat, equal, fromBase64, fromHex, sha256, toHex, utf8 } from "./bytes.ts";
import type { OcmfRecord } from "./ocmf.ts";

interface Curve {
  readonly ecdsa: ECDSA;
  /** Object identifier in a public key (RFC 5480, RFC 5639), hexadecimal. */
  readonly oid: string;
}

/** The format's 192-bit curves are not among them: no library that we know verifies them. */
const CURVES: Readonly<Record<string, Curve>> = {
  "ECDSA-secp256r1-SHA256": { ecdsa: p256, oid: "2a8648ce3d030107" },
  "ECDSA-secp384r1-SHA256": { ecdsa: p384, oid: "2b81040022" },
  "ECDSA-secp256k1-SHA256": { ecdsa: secp256k1, oid: "2b8104000a" },
  "ECDSA-brainpool256r1-SHA256": { ecdsa: brainpoolP256r1, oid: "2b2403030208010107" },
  "ECDSA-brainpool384r1-SHA256": { ecdsa: brainpoolP384r1, oid: "2b240303020801010b" },
};

/** id-ecPublicKey of RFC 5480. */
const EC_PUBLIC_KEY = "2a8648ce3d0201";
const TAG = { sequence: 0x30, oid: 0x06, bitString: 0x03 } as const;

/** A public key as hexadecimal or base64, however it is spaced; null where it is neither. */
export function ocmfKey(text: string): Uint8Array | null {
  const digits = text.replace(/\s+/g, "");
  return fromHex(digits) ?? fromBase64(digits);
}

/**
 * Null where the key has signed the record, else a sentence that says why it has not.
 * @param key SubjectPublicKeyInfo, or the point itself with or without its first byte.
 */
export function verifyOcmf(record: OcmfRecord, key: Uint8Array): string | null {
  const curve = CURVES[record.algorithm];
  if (curve === undefined) return `the algorithm ${record.algorithm} is not supported`;
  const point = pointOf(key, curve);
  if (typeof point === "string") return point;
  // The format says SHA-256 for every curve, also where a curve's own would be longer.
  const hash = sha256(utf8(record.payload));
  const isSigned = (["der", "compact"] as const).some((format) =>
    verifies(curve.ecdsa, record.signature, hash, point, format),
  );
  return isSigned ? null : "the signature is not of this key and these bytes";
}

function verifies(
  ecdsa: ECDSA,
  signature: Uint8Array,
  hash: Uint8Array,
  point: Uint8Array,
  format: "der" | "compact",
): boolean {
  try {
    return ecdsa.verify(signature, hash, point, { prehash: false, lowS: false, format });
  } catch {
    // The library throws for what is no signature of that format, or no point of the curve.
    return false;
  }
}

/** The point of a key on this curve, or what is wrong with the key. */
function pointOf(key: Uint8Array, { ecdsa, oid }: Curve): Uint8Array | string {
  const { publicKey, publicKeyUncompressed } = ecdsa.lengths;
  // Two bytes tell a sequence of that length from a point, which begins with 2, 3 or 4.
  if (key[0] === TAG.sequence && key.length > publicKeyUncompressed!) return pointInSpki(key, oid);
  if (key.length === publicKey || key.length === publicKeyUncompressed) return key;
  // Some write the two coordinates alone.
  if (key.length === publicKeyUncompressed! - 1) return concat(Uint8Array.of(4), key);
  return "the key is no public key of the record's curve";
}

function pointInSpki(key: Uint8Array, oid: string): Uint8Array | string {
  const whole = element(key, 0, TAG.sequence);
  const algorithm = whole && element(whole.content, 0, TAG.sequence);
  const kind = algorithm && element(algorithm.content, 0, TAG.oid);
  const curve = kind && element(algorithm.content, kind.end, TAG.oid);
  const bits = algorithm && element(whole.content, algorithm.end, TAG.bitString);
  if (!kind || !curve || !bits || whole.end !== key.length) return "the key is no public key";
  if (toHex(kind.content) !== EC_PUBLIC_KEY) return "the key is not one of an elliptic curve";
  const wanted = fromHex(oid)!;
  if (!equal(curve.content, wanted)) return "the key is of another curve than the record";
  // The first byte counts the bits that are not used: none.
  return bits.content[0] === 0 ? bits.content.slice(1) : "the key is no public key";
}

interface DerElement {
  readonly content: Uint8Array;
  /** Where the next element begins. */
  readonly end: number;
}

/** One element of DER with this tag; keys are short, so a length has one byte or two. */
function element(bytes: Uint8Array, offset: number, tag: number): DerElement | null {
  if (bytes[offset] !== tag) return null;
  const short = bytes[offset + 1] ?? 0xff;
  const isLong = short === 0x81;
  if (short > 0x81 || (short === 0x80 && !isLong)) return null;
  const length = isLong ? (bytes[offset + 2] ?? 0) : short;
  const begin = offset + (isLong ? 3 : 2);
  const end = begin + length;
  return end <= bytes.length ? { content: bytes.slice(begin, end), end } : null;
}
