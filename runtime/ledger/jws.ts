// Signatures of the parties under contracts and instructions: JSON Web Signatures (RFC 7515) in the
// general form, so that each party adds its own, with EdDSA (RFC 8037) or ES256. The key id is the
// key's thumbprint (RFC 7638). Detached, the JWS leaves the payload out and covers a file's bytes.

import { schema } from "../schema/schema.ts";
import { equal, fromBase64Url, text, toBase64Url, utf8 } from "./bytes.ts";
import { canonicalJson } from "./canonical-json.ts";
import {
  type KeyAlgorithm,
  type Signer,
  thumbprint,
  type VerifierKey,
  verifySignature,
} from "./keys.ts";

/** Lessor, lessee and third parties, and keys that followed one another. */
const SIGNATURES_MAX = 16;
/** Far above an instruction with its signatures; contracts are signed detached. */
export const JWS_LENGTH_MAX = 64 * 1024;

const ALGORITHMS: Readonly<Record<KeyAlgorithm, string>> = { ed25519: "EdDSA", p256: "ES256" };

export interface VerifiedJws {
  readonly payload: Uint8Array;
  /** Keys whose signature is there and right, at least one, each once. */
  readonly signers: readonly VerifierKey[];
  /** Signatures by keys that are not among those given. */
  readonly unknown: number;
}

interface JwsSignature {
  readonly protected: string;
  readonly signature: string;
}

interface Jws {
  /** Undefined where it is detached. */
  readonly payload?: string | undefined;
  readonly signatures: readonly JwsSignature[];
}

const generalForm = schema.object({
  payload: schema.string().optional(),
  signatures: schema
    .array(
      // An unprotected header could say what nobody signed.
      schema.object({
        protected: schema.string(),
        signature: schema.string(),
        header: schema.never().optional(),
      }),
    )
    .min(1)
    .max(SIGNATURES_MAX),
});

/** What must be understood (`crit`) is refused: there is no extension that we know. */
const protectedHeader = schema.object({
  alg: schema.string(),
  kid: schema.string().optional(),
  crit: schema.never().optional(),
  b64: schema.never().optional(),
});

function keyId(key: { readonly algorithm: KeyAlgorithm; readonly publicKey: Uint8Array }): string {
  return thumbprint(key.algorithm, key.publicKey);
}

function signed(payload: string, header: object, signer: Signer): JwsSignature {
  const encoded = toBase64Url(utf8(canonicalJson(header)));
  const signature = signer.sign(utf8(`${encoded}.${payload}`));
  return { protected: encoded, signature: toBase64Url(signature) };
}

/**
 * The general JWS as canonical JSON. With an existing one the signature is added, in place of an
 * older one of the same key.
 *
 * @throws RangeError where the existing text is no JWS of this payload; see `jwsProblem`.
 */
export function signJws(
  payload: Uint8Array,
  signer: Signer,
  existing?: string,
  { detached = false }: { readonly detached?: boolean } = {},
): string {
  const encoded = toBase64Url(payload);
  const kid = thumbprint(signer.algorithm, signer.publicKey());
  const own = signed(encoded, { alg: ALGORITHMS[signer.algorithm], kid }, signer);
  let others: readonly JwsSignature[] = [];
  if (existing !== undefined) {
    const parsed = parseJws(existing);
    if (typeof parsed === "string") throw new RangeError(`the existing JWS ${parsed}`);
    if (parsed.payload !== undefined && parsed.payload !== encoded) {
      throw new RangeError("the existing JWS is of another payload");
    }
    others = parsed.signatures.filter((signature) => kidOf(signature) !== kid);
  }
  if (others.length >= SIGNATURES_MAX) {
    throw new RangeError(`a JWS has at most ${SIGNATURES_MAX} signatures`);
  }
  const signatures = [...others, own];
  return canonicalJson({ payload: detached ? undefined : encoded, signatures });
}

/** What keeps a text from being a JWS, as the end of a sentence; null where nothing does. */
export function jwsProblem(jws: string): string | null {
  const parsed = parseJws(jws);
  return typeof parsed === "string" ? parsed : null;
}

/** The compact form with the payload in it. Without `kid` as the examples of RFC 8037 have it. */
export function signCompactJws(
  payload: Uint8Array,
  signer: Signer,
  { withKeyId = true }: { readonly withKeyId?: boolean } = {},
): string {
  const kid = withKeyId ? thumbprint(signer.algorithm, signer.publicKey()) : undefined;
  const encoded = toBase64Url(payload);
  const own = signed(encoded, { alg: ALGORITHMS[signer.algorithm], kid }, signer);
  return `${own.protected}.${encoded}.${own.signature}`;
}

/**
 * Who of the keys has signed, or what is wrong, as the end of a sentence. A signature of an unknown
 * key is counted and ignored; a wrong one of a known key spoils the whole.
 *
 * @param jws general JSON, or compact.
 */
export function verifyJws(
  jws: string,
  keys: readonly VerifierKey[],
  detachedPayload?: Uint8Array,
): VerifiedJws | string {
  const parsed = parseJws(jws);
  if (typeof parsed === "string") return parsed;
  const payload =
    parsed.payload === undefined ? (detachedPayload ?? null) : fromBase64Url(parsed.payload);
  if (payload === null) {
    return parsed.payload === undefined ? "does not hold what it signs" : "has a broken payload";
  }
  if (detachedPayload !== undefined && !equal(payload, detachedPayload)) {
    return "signs something else";
  }
  const encoded = toBase64Url(payload);
  const signers = new Set<VerifierKey>();
  let unknown = 0;
  for (const signature of parsed.signatures) {
    const candidates = candidatesFor(signature, keys);
    if (typeof candidates === "string") return candidates;
    const signer = candidates.find((key) => isSignedBy(signature, encoded, key));
    if (signer !== undefined) signers.add(signer);
    else if (candidates.length > 0) return `has a wrong signature of ${candidates[0]!.name}`;
    else unknown += 1;
  }
  if (signers.size === 0) return "is signed by nobody who is known";
  return { payload, signers: [...signers], unknown };
}

/** Those keys that the signature's header speaks of; a key that is listed twice counts once. */
function candidatesFor(
  signature: JwsSignature,
  keys: readonly VerifierKey[],
): readonly VerifierKey[] | string {
  const header = headerOf(signature);
  if (header === null) return "has a signature with a header that is not understood";
  const { alg, kid } = header;
  if (kid === undefined) return keys.filter((key) => ALGORITHMS[key.algorithm] === alg);
  const named = keys.filter((key) => keyId(key) === kid);
  const wrong = named.find((key) => ALGORITHMS[key.algorithm] !== alg);
  return wrong === undefined ? named : `names the algorithm ${alg} for a key of ${wrong.name}`;
}

function isSignedBy(signature: JwsSignature, payload: string, key: VerifierKey): boolean {
  const bytes = fromBase64Url(signature.signature);
  const message = utf8(`${signature.protected}.${payload}`);
  return bytes !== null && verifySignature(key.algorithm, key.publicKey, message, bytes);
}

function parseJws(jws: string): Jws | string {
  if (jws.length > JWS_LENGTH_MAX) return `has more than ${JWS_LENGTH_MAX} characters`;
  if (!jws.trimStart().startsWith("{")) {
    const [header, payload, signature, ...rest] = jws.trim().split(".");
    if (!header || payload === undefined || !signature || rest.length > 0) return "is no JWS";
    const signatures = [{ protected: header, signature }];
    return payload === "" ? { signatures } : { payload, signatures };
  }
  const parsed = generalForm.safeParse(parseJson(jws));
  return parsed.success ? parsed.data : "is no JWS in the general JSON form";
}

function headerOf(signature: JwsSignature): { alg: string; kid?: string | undefined } | null {
  const bytes = fromBase64Url(signature.protected);
  const json = bytes && text(bytes);
  if (json === null) return null;
  const parsed = protectedHeader.safeParse(parseJson(json));
  return parsed.success ? parsed.data : null;
}

function kidOf(signature: JwsSignature): string | undefined {
  return headerOf(signature)?.kid;
}

/** Undefined where it is no JSON. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
