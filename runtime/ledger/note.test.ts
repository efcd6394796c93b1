import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { requiresShared } from "../testing/requires.ts";
import { fromBase64, toHex, utf8 } from "./bytes.ts";
import { checkpointBody, cosign, parseCheckpoint, verifyCosignature } from "./checkpoint.ts";
import { parseVerifierKey, softwareSigner, type VerifierKey, verifierKeyOf } from "./keys.ts";
import { leafHash } from "./merkle.ts";
import { addSignature, NOTE_LENGTH_MAX, parseNote, signNote, verifyNote } from "./note.ts";

const secret = (fill: number) => new Uint8Array(32).fill(fill);
const device = softwareSigner("ed25519", secret(1));
const element = softwareSigner("p256", secret(2));
const witness = softwareSigner("ed25519", secret(3));
const ORIGIN = "telltale/usage/0123456789abcdef0123456789abcdef";
const deviceKey = verifierKeyOf(ORIGIN, device);
const elementKey = verifierKeyOf(ORIGIN, element);
const witnessKey = verifierKeyOf("witness.lessee.example", witness, "cosignature");
const root = leafHash(utf8("a leaf"));
const body = checkpointBody({ origin: ORIGIN, size: 1, root });
const checkpoint = signNote(body, ORIGIN, device);
const TIME_SECONDS = 1_795_000_000;
const line = cosign(checkpoint, "witness.lessee.example", witness, TIME_SECONDS);
const cosigned = addSignature(checkpoint, line);

// golang.org/x/mod/sumdb/note: its test key, text and signature.
const NEUMANN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NEUMANN_SECRET = "YEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const NEUMANN_TEXT =
  "If you think cryptography is the answer to your problem,\n" +
  "then you don't know what your problem is.\n";
const NEUMANN_LINE =
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZIn" +
  "NIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

test("Go's note is signed to the same bytes by the same key", () => {
  const signer = softwareSigner("ed25519", fromBase64(`A${NEUMANN_SECRET}`)!.slice(1));
  const note = signNote(NEUMANN_TEXT, "PeterNeumann", signer);
  expect(note).toBe(`${NEUMANN_TEXT}\n${NEUMANN_LINE}\n`);
  const key = parseVerifierKey(NEUMANN_KEY) as VerifierKey;
  expect(verifyNote(note, [key])).toEqual({
    text: NEUMANN_TEXT,
    verified: [key],
    unknown: 0,
    bad: [],
  });
});

test("device, secure element and witness sign one checkpoint, each in its way", () => {
  const twice = addSignature(
    cosigned,
    signNote(body, ORIGIN, element).trimEnd().split("\n").at(-1)!,
  );
  expect(verifyNote(twice, [deviceKey, elementKey, witnessKey])).toMatchObject({
    verified: [deviceKey, witnessKey, elementKey],
    unknown: 0,
    bad: [],
  });
  expect(verifyNote(twice, [elementKey])).toMatchObject({ verified: [elementKey], unknown: 2 });
});

test("a known key with a wrong signature is named; an unknown one is counted", () => {
  const forged = signNote(body.replace("\n1\n", "\n2\n"), ORIGIN, device);
  const moved = addSignature(checkpoint, forged.trimEnd().split("\n").at(-1)!);
  expect(verifyNote(moved, [deviceKey])).toMatchObject({ verified: [], bad: [ORIGIN] });
  expect(verifyNote(moved, [witnessKey])).toMatchObject({ verified: [], unknown: 1, bad: [] });
});

test("a key with the name of another is not that other", () => {
  const impostor = signNote(body, ORIGIN, softwareSigner("ed25519", secret(9)));
  expect(verifyNote(impostor, [deviceKey])).toMatchObject({ verified: [], unknown: 1, bad: [] });
});

test.each([
  ["text\n", "is no signed note"],
  ["", "is no signed note"],
  ["\n\n— a AAAAAAA=\n", "is no signed note"],
  ["text\n\n— a AAAAAAA=", "is cut off"],
  ["text\n\n", "signature line"],
  ["text\n\n- a AAAAAAA=\n", "signature line"],
  ["text\n\n—  a AAAAAAA=\n", "signature line"],
  ["text\n\n— a b AAAAAAA=\n", "signature line"],
  ["text\n\n— a+b AAAAAAA=\n", "signature line"],
  ["text\n\n— a\u{a0}b AAAAAAA=\n", "signature line"],
  ["text\n\n— a AAAAAAA\n", "signature line"],
  ["text\n\n— a AAAAAAB=\n", "signature line"],
  ["text\n\n— a AAAA\n", "signature line"],
  ["text\n\n— a AAAAAA==\n", "signature line"],
  ["te\txt\n\n— a AAAAAAA=\n", "control character"],
  ["text\r\n\n— a AAAAAAA=\n", "control character"],
  ["te\u{d800}xt\n\n— a AAAAAAA=\n", "control character"],
  [`text\n\n${"— a AAAAAAA=\n".repeat(17)}`, "more than 16 signatures"],
])("%j is no note", (note, reason) => {
  expect(parseNote(note)).toContain(reason);
  expect(verifyNote(note, [])).toContain(reason);
});

test("a note beyond the limit is not looked at", () => {
  expect(parseNote(`${"x".repeat(NOTE_LENGTH_MAX)}\n\n— a AAAAAAA=\n`)).toContain("characters");
});

test("16 signatures are taken, and a text with empty lines keeps them", () => {
  const note = `one\n\nthree\n\n${"— a AAAAAAA=\n".repeat(16)}`;
  expect(parseNote(note)).toMatchObject({ text: "one\n\nthree\n" });
  expect(addSignature(note, "— a AAAAAAA=")).toBe("one\n\nthree\n\n— a AAAAAAA=\n");
  const full = `one\n\n${Array.from({ length: 16 }, (_, at) => `— k${at} AAAAAAA=\n`).join("")}`;
  expect(() => addSignature(full, "— b AAAAAAA=")).toThrow("at most 16");
});

test("only text that ends in a line end can be signed", () => {
  expect(() => signNote("text", "a", device)).toThrow(RangeError);
  expect(() => signNote("te\txt\n", "a", device)).toThrow(RangeError);
  expect(() => signNote("text\n", "a b", device)).toThrow(RangeError);
});

test("a checkpoint says what it was made of, signed or not", () => {
  for (const text of [body, checkpoint, cosigned]) {
    expect(parseCheckpoint(text)).toEqual({ origin: ORIGIN, size: 1, root });
  }
  const extended = `${body}an extension\n`;
  expect(parseCheckpoint(extended)).toMatchObject({ size: 1 });
});

const encodedRoot = body.split("\n")[2];
test.each([
  ["", "is cut off"],
  ["o\n1\n", "is no checkpoint"],
  [`\n1\n${encodedRoot}\n`, "is no checkpoint"],
  [`o\n01\n${encodedRoot}\n`, "no count of leaves"],
  [`o\n-1\n${encodedRoot}\n`, "no count of leaves"],
  [`o\n1e3\n${encodedRoot}\n`, "no count of leaves"],
  [`o\n9007199254740992\n${encodedRoot}\n`, "no count of leaves"],
  ["o\n1\nAAAA\n", "no hash of 32 bytes"],
  ["o\n1\n!\n", "no hash of 32 bytes"],
  [`o\n1\n${encodedRoot}`, "is cut off"],
])("%j is no checkpoint", (text, reason) => {
  expect(parseCheckpoint(text)).toContain(reason);
});

test("a cosignature tells the time, and belongs to its checkpoint and witness alone", () => {
  expect(verifyCosignature(cosigned, witnessKey)).toEqual({ time: TIME_SECONDS });
  expect(verifyCosignature(checkpoint, witnessKey)).toBeNull();
  expect(verifyCosignature(cosigned, deviceKey)).toBeNull();
  const other = signNote(body.replace("\n1\n", "\n2\n"), ORIGIN, device);
  expect(verifyCosignature(addSignature(other, line), witnessKey)).toBeNull();
  expect(() => cosign(checkpoint, "w", element, TIME_SECONDS)).toThrow(RangeError);
  expect(() => cosign(checkpoint, "w", witness, 1.5)).toThrow(RangeError);
  expect(() => cosign("no checkpoint", "w", witness, 1)).toThrow(RangeError);
});

test("a witness that cosigns again takes the place of its older line", () => {
  const later = addSignature(
    cosigned,
    cosign(cosigned, "witness.lessee.example", witness, TIME_SECONDS + 60),
  );
  expect(verifyCosignature(later, witnessKey)).toEqual({ time: TIME_SECONDS + 60 });
  expect(later.split("\n")).toHaveLength(cosigned.split("\n").length);
});

test("no changed bit of a cosigned checkpoint leaves both signatures right", () => {
  const bytes = utf8(cosigned);
  fc.assert(
    fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const result = verifyNote(Buffer.from(changed).toString("latin1"), [deviceKey, witnessKey]);
      const text = verifyNote(Buffer.from(changed).toString("utf8"), [deviceKey, witnessKey]);
      for (const answer of [result, text]) {
        if (typeof answer !== "string") expect(answer.verified.length).toBeLessThan(2);
      }
    }),
    { numRuns: 300 },
  );
});

interface Vector {
  readonly kind: string;
  readonly vkey?: string;
  readonly note: string;
  readonly valid: boolean;
  readonly name: string;
  readonly pub_b64: string;
  readonly key_id: string;
  readonly timestamp: number;
  readonly signed_message: string;
  readonly line: string;
}

test("the C2SP vectors are judged as published", (context) => {
  const file = requiresShared(context, "vectors/c2sp/vectors.json");
  const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: readonly Vector[] };
  for (const vector of vectors) {
    if (vector.vkey === undefined) {
      const key = publishedWitness(vector);
      expect(toHex(key.id)).toBe(vector.key_id);
      const text = vector.signed_message.split("\n").slice(2).join("\n");
      const found = verifyCosignature(`${text}\n${vector.line}\n`, key);
      expect(found, vector.kind).toEqual({ time: vector.timestamp });
      continue;
    }
    const key = parseVerifierKey(vector.vkey) as VerifierKey;
    const result = verifyNote(vector.note, [key]);
    expect(result, vector.kind).toMatchObject(
      vector.valid ? { verified: [key], bad: [] } : { verified: [], bad: [key.name] },
    );
    if (vector.kind.startsWith("checkpoint")) {
      expect(parseCheckpoint(vector.note)).toMatchObject({ size: 20_852_163 });
    }
  }
  expect(vectors).toHaveLength(5);
});

function publishedWitness({ name, pub_b64 }: Vector): VerifierKey {
  const publicKey = fromBase64(pub_b64)!;
  const signer = { algorithm: "ed25519", publicKey: () => publicKey, sign: never, close: never };
  return verifierKeyOf(name, signer as never, "cosignature");
}

function never(): never {
  throw new Error("a published key cannot sign");
}
