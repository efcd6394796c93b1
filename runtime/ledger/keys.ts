// Keys of devices, parties and witnesses: the interface of three functions behind which a private
// key is held (in memory here; a TPM or secure element offers the same), and public keys in the
// text that people exchange, the C2SP verifier key `name+id+base64`.

import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { concat, equal, fromBase64, sha256, toBase64, toBase64Url, toHex, utf8 } from "./bytes.ts";
import { canonicalJson } from "./canonical-json.ts";
import { pointOfSpki, spkiOfPoint } from "./der.ts";

export type KeyAlgorithm = "ed25519" | "p256";

/** A cosignature is a witness's: it signs the time with the checkpoint. Ed25519 only. */
export type KeyKind = "signature" | "cosignature";

export interface VerifierKey {
  readonly name: string;
  /** Four bytes that tell keys of one name apart. */
  readonly id: Uint8Array;
  readonly algorithm: KeyAlgorithm;
  /** Ed25519: 32 bytes (RFC 8032). P-256: SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  readonly kind: KeyKind;
  readonly text: string;
}

/** Whatever holds a private key. */
export interface Signer {
  readonly algorithm: KeyAlgorithm;
  /** In the form that `VerifierKey` has. */
  publicKey(): Uint8Array;
  /** 64 bytes: Ed25519 over the message, or r || s of ECDSA over its SHA-256. */
  sign(message: Uint8Array): Uint8Array;
  /** Forgets the key. */
  close(): void;
}

const SECRET_BYTES = 32;
const SIGNATURE_BYTES = 64;
const ED25519_KEY_BYTES = 32;
const ID_BYTES = 4;
/** A name is a host or a firm; it stands in every signature line. */
const NAME_LENGTH_MAX = 128;
/** The longest key, one on P-256 with the longest name, has 262 characters. */
const TEXT_LENGTH_MAX = 512;

/** C2SP signed-note: which byte stands before the key. */
const ED25519_TYPE = 0x01;
const P256_TYPE = 0x02;
const COSIGNATURE_TYPE = 0x04;

/** What C2SP allows, and no control characters, which a note could not hold. */
export function isKeyName(name: string): boolean {
  if (name === "" || name.length > NAME_LENGTH_MAX || !name.isWellFormed()) return false;
  return !/[\p{White_Space}\p{Cc}+]/u.test(name);
}

/** The key of a text, or what is wrong with it, as the end of a sentence. */
export function parseVerifierKey(text: string): VerifierKey | string {
  if (text.length > TEXT_LENGTH_MAX) return `has more than ${TEXT_LENGTH_MAX} characters`;
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) {
    return "is no verifier key; one reads name+id+base64, as `telltale key show` prints it";
  }
  if (!isKeyName(name)) return "has a name with a space or a control character";
  const bytes = fromBase64(encoded);
  if (bytes === null) return "is cut off or changed: its last part is no base64";
  const publicKey = bytes.slice(1);
  const form = FORMS.get(bytes[0] ?? 0);
  if (form === undefined) {
    return `is of type ${bytes[0] ?? 0}; Ed25519 (1), P-256 (2) and cosignatures (4) are known`;
  }
  if (!isPublicKey(form.algorithm, publicKey)) return "is cut off or changed: its key is no key";
  const key = verifierKey(name, form.algorithm, publicKey, form.kind);
  if (key.text !== text) return `is cut off or changed: its id would be ${toHex(key.id)}`;
  return key;
}

const FORMS: ReadonlyMap<number, { readonly algorithm: KeyAlgorithm; readonly kind: KeyKind }> =
  new Map([
    [ED25519_TYPE, { algorithm: "ed25519", kind: "signature" }],
    [P256_TYPE, { algorithm: "p256", kind: "signature" }],
    [COSIGNATURE_TYPE, { algorithm: "ed25519", kind: "cosignature" }],
  ]);

function verifierKey(
  name: string,
  algorithm: KeyAlgorithm,
  publicKey: Uint8Array,
  kind: KeyKind,
): VerifierKey {
  if (!isKeyName(name)) throw new RangeError("a key's name has no spaces, plus or controls");
  if (kind === "cosignature" && algorithm !== "ed25519") {
    throw new RangeError("cosignature/v1 is made with Ed25519");
  }
  const ed25519Type = kind === "cosignature" ? COSIGNATURE_TYPE : ED25519_TYPE;
  const type = algorithm === "p256" ? P256_TYPE : ed25519Type;
  const typed = concat(Uint8Array.of(type), publicKey);
  // The id of an ECDSA key is of the key alone (C2SP signed-note, type 0x02).
  const hashed = algorithm === "p256" ? publicKey : concat(utf8(`${name}\n`), typed);
  const id = sha256(hashed).slice(0, ID_BYTES);
  const text = `${name}+${toHex(id)}+${toBase64(typed)}`;
  return { name, id, algorithm, publicKey, kind, text };
}

export function verifierKeyText(
  name: string,
  algorithm: KeyAlgorithm,
  publicKey: Uint8Array,
  kind: KeyKind = "signature",
): string {
  return verifierKey(name, algorithm, publicKey, kind).text;
}

export function verifierKeyOf(
  name: string,
  signer: Signer,
  kind: KeyKind = "signature",
): VerifierKey {
  return verifierKey(name, signer.algorithm, signer.publicKey(), kind);
}

/** Whether two texts name the same key, whatever each calls it and uses it for. */
export function sameKey(one: VerifierKey, other: VerifierKey): boolean {
  return one.algorithm === other.algorithm && equal(one.publicKey, other.publicKey);
}

/** Whether it is a point of its curve from which nobody could sign without a secret. */
function isPublicKey(algorithm: KeyAlgorithm, publicKey: Uint8Array): boolean {
  if (algorithm === "ed25519") {
    if (publicKey.length !== ED25519_KEY_BYTES) return false;
    try {
      return !ed25519.Point.fromBytes(publicKey, false).isSmallOrder();
    } catch {
      // The library throws for bytes that are no point: that is the answer.
      return false;
    }
  }
  const point = pointOfSpki(publicKey);
  return point !== null && p256.utils.isValidPublicKey(point, false);
}

/** Holds the secret in memory: 32 bytes, the seed of Ed25519 or the scalar of P-256. */
export function softwareSigner(algorithm: KeyAlgorithm, secret: Uint8Array): Signer {
  if (secret.length !== SECRET_BYTES) throw new RangeError("a private key has 32 bytes");
  const own = Uint8Array.from(secret);
  const publicKey =
    algorithm === "ed25519"
      ? ed25519.getPublicKey(own)
      : spkiOfPoint(p256.getPublicKey(own, false));
  let open = true;
  return {
    algorithm,
    publicKey: () => Uint8Array.from(publicKey),
    sign(message) {
      if (!open) throw new Error("the key was closed");
      // Deterministic both (RFC 8032, RFC 6979): signing needs no source of randomness.
      return algorithm === "ed25519"
        ? ed25519.sign(message, own)
        : p256.sign(message, own, { lowS: false });
    },
    close() {
      open = false;
      own.fill(0);
    },
  };
}

/** False for whatever is no valid signature, a malformed key included. */
export function verifySignature(
  algorithm: KeyAlgorithm,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== SIGNATURE_BYTES || !isPublicKey(algorithm, publicKey)) return false;
  if (algorithm === "ed25519") {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  }
  return p256.verify(signature, message, pointOfSpki(publicKey)!, { lowS: false });
}

/** SHA-256 thumbprint of the key as JWK (RFC 7638, RFC 8037), base64url: the `kid` of a JWS. */
export function thumbprint(algorithm: KeyAlgorithm, publicKey: Uint8Array): string {
  return toBase64Url(sha256(utf8(canonicalJson(jwkOf(algorithm, publicKey)))));
}

/** The members that a thumbprint covers, and a JWK needs. */
function jwkOf(algorithm: KeyAlgorithm, publicKey: Uint8Array): Readonly<Record<string, string>> {
  if (algorithm === "ed25519") return { crv: "Ed25519", kty: "OKP", x: toBase64Url(publicKey) };
  const point = pointOfSpki(publicKey);
  if (point === null) throw new RangeError("this is no key on P-256");
  const x = toBase64Url(point.subarray(1, 1 + SECRET_BYTES));
  const y = toBase64Url(point.subarray(1 + SECRET_BYTES));
  return { crv: "P-256", kty: "EC", x, y };
}
