// Signed notes (C2SP signed-note): a text and under it lines with signatures, which more than one
// key can add. Checkpoints are such notes. A key that is not known is counted and ignored; a known
// key whose signature is wrong is reported, because somebody changed something.

import { concat, equal, fromBase64, toBase64, utf8 } from "./bytes.ts";
import { derToRaw, rawToDer } from "./der.ts";
import {
  isKeyName,
  type Signer,
  type VerifierKey,
  verifierKeyOf,
  verifySignature,
} from "./keys.ts";

/** C2SP asks verifiers to take at least 16; a checkpoint has a device's and those of witnesses. */
const SIGNATURES_MAX = 16;
/** Room for 16 signatures of 5 kB, which keys of kinds that we do not know may make. */
export const NOTE_LENGTH_MAX = 128 * 1024;
const ID_BYTES = 4;
const TIME_BYTES = 8;

export interface NoteSignature {
  readonly name: string;
  readonly id: Uint8Array;
  /** What follows the id. */
  readonly signature: Uint8Array;
  /** Without its line end. */
  readonly line: string;
}

export interface Note {
  /** What is signed, with its last line end. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface VerifiedNote {
  readonly text: string;
  /** Keys whose signature is on the note and right, each once. */
  readonly verified: readonly VerifierKey[];
  /** Signatures by keys that are not among those given. */
  readonly unknown: number;
  /** Names of known keys with a wrong signature. */
  readonly bad: readonly string[];
}

/** The parts of a note, or what is wrong with it, as the end of a sentence. */
export function parseNote(note: string): Note | string {
  if (note.length > NOTE_LENGTH_MAX) return `has more than ${NOTE_LENGTH_MAX} characters`;
  if (hasControls(note)) return "has a control character";
  const split = note.lastIndexOf("\n\n");
  if (split < 1) return "is no signed note: no empty line stands between text and signatures";
  if (!note.endsWith("\n")) return "is cut off: its last line has no end";
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) return `has more than ${SIGNATURES_MAX} signatures`;
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignatureLine(line);
    if (signature === null) return "has a signature line that does not read `— name base64`";
    signatures.push(signature);
  }
  return { text: note.slice(0, split + 1), signatures };
}

/** The notes of a text that has one after another, as a witness prints those of all its ledgers. */
export function notesOf(text: string): readonly string[] {
  return text.split(/(?<=^— [^\n]*\n)(?!— )/m);
}

function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return /[\x00-\x09\x0b-\x1f]/.test(text) || !text.isWellFormed();
}

/** Null where it is none. */
export function parseSignatureLine(line: string): NoteSignature | null {
  const [dash, name, encoded, ...rest] = line.split(" ");
  if (dash !== "—" || name === undefined || encoded === undefined || rest.length > 0) return null;
  const bytes = fromBase64(encoded);
  if (!isKeyName(name) || bytes === null || bytes.length <= ID_BYTES) return null;
  return { name, id: bytes.slice(0, ID_BYTES), signature: bytes.slice(ID_BYTES), line };
}

function signatureLine(key: VerifierKey, signature: Uint8Array): string {
  return `— ${key.name} ${toBase64(concat(key.id, signature))}`;
}

/**
 * The note with its first signature.
 *
 * @param body ends in a line end and has no control characters besides.
 */
export function signNote(body: string, name: string, signer: Signer): string {
  if (!body.endsWith("\n") || hasControls(body)) {
    throw new RangeError("a note's text ends in a line end and has no control characters");
  }
  const signature = signer.sign(utf8(body));
  // ECDSA signatures stand in notes as DER, as transparency-dev's witnesses write them.
  const stored = signer.algorithm === "p256" ? rawToDer(signature) : signature;
  return `${body}\n${signatureLine(verifierKeyOf(name, signer), stored)}\n`;
}

/** The note with one more signature, in place of an older one of the same key. */
export function addSignature(note: string, line: string): string {
  const parsed = parseNote(note);
  const added = parseSignatureLine(line);
  if (typeof parsed === "string" || added === null) {
    throw new RangeError("only a signature line can be added, and only to a signed note");
  }
  const others = parsed.signatures.filter(
    ({ name, id }) => name !== added.name || !equal(id, added.id),
  );
  if (others.length >= SIGNATURES_MAX) {
    throw new RangeError(`a note has at most ${SIGNATURES_MAX} signatures`);
  }
  const lines = [...others.map((signature) => signature.line), line];
  return `${parsed.text}\n${lines.join("\n")}\n`;
}

/** Which of the keys have signed, or what is wrong with the note, as the end of a sentence. */
export function verifyNote(note: string, keys: readonly VerifierKey[]): VerifiedNote | string {
  const parsed = parseNote(note);
  if (typeof parsed === "string") return parsed;
  const verified = new Set<VerifierKey>();
  const bad = new Set<string>();
  let unknown = 0;
  for (const signature of parsed.signatures) {
    const key = keys.find(({ name, id }) => name === signature.name && equal(id, signature.id));
    if (key === undefined) unknown += 1;
    else if (isSignedBy(parsed.text, signature, key)) verified.add(key);
    else bad.add(key.name);
  }
  return { text: parsed.text, verified: [...verified], unknown, bad: [...bad] };
}

function isSignedBy(text: string, { signature }: NoteSignature, key: VerifierKey): boolean {
  if (key.kind === "cosignature") return cosignatureTime(text, signature, key) !== null;
  const raw = key.algorithm === "p256" ? derToRaw(signature) : signature;
  return raw !== null && verifySignature(key.algorithm, key.publicKey, utf8(text), raw);
}

/** C2SP tlog-cosignature: what a witness signs. */
function cosignedMessage(text: string, timeSeconds: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${timeSeconds}\n${text}`);
}

/** Seconds since 1970 that a right cosignature names; null where it is wrong. */
export function cosignatureTime(
  text: string,
  signature: Uint8Array,
  key: VerifierKey,
): number | null {
  if (signature.length <= TIME_BYTES) return null;
  const time = new DataView(signature.buffer, signature.byteOffset, TIME_BYTES).getBigUint64(0);
  // A later instant than numbers carry exactly is no time of anybody's.
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  const message = cosignedMessage(text, Number(time));
  const rest = signature.subarray(TIME_BYTES);
  return verifySignature("ed25519", key.publicKey, message, rest) ? Number(time) : null;
}

/** The line of a witness for a note's text. */
export function cosignatureLine(
  text: string,
  name: string,
  signer: Signer,
  timeSeconds: number,
): string {
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds < 0) {
    throw new RangeError("a cosignature's time is whole seconds since 1970");
  }
  const time = new Uint8Array(TIME_BYTES);
  new DataView(time.buffer).setBigUint64(0, BigInt(timeSeconds));
  const signature = signer.sign(cosignedMessage(text, timeSeconds));
  return signatureLine(verifierKeyOf(name, signer, "cosignature"), concat(time, signature));
}
