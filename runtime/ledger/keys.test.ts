import { generateKeyPairSync, sign as nodeSign, verify as nodeVerify } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { requiresShared } from "../testing/requires.ts";
import { fromHex, toBase64, toHex, utf8 } from "./bytes.ts";
import { derToRaw, pointOfSpki, rawToDer } from "./der.ts";
import {
  isKeyName,
  type KeyAlgorithm,
  parseVerifierKey,
  softwareSigner,
  thumbprint,
  verifierKeyOf,
  verifierKeyText,
  verifySignature,
} from "./keys.ts";

const ALGORITHMS: readonly KeyAlgorithm[] = ["ed25519", "p256"];
const secret = (fill: number) => new Uint8Array(32).fill(fill);
const hex = (text: string) => fromHex(text)!;

// RFC 8032 section 7.1, test 2; RFC 6979 appendix A.2.5 with SHA-256.
test("Ed25519 signs the RFC's message with the RFC's signature", () => {
  const signer = softwareSigner(
    "ed25519",
    hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
  );
  expect(toHex(signer.publicKey())).toBe(
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
  );
  expect(toHex(signer.sign(hex("72")))).toBe(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  );
});

test("P-256 signs the RFC's message with the RFC's signature, though its s is high", () => {
  const signer = softwareSigner(
    "p256",
    hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"),
  );
  const signature = signer.sign(utf8("sample"));
  expect(toHex(signature)).toBe(
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" +
      "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
  );
  expect(verifySignature("p256", signer.publicKey(), utf8("sample"), signature)).toBe(true);
});

test.each(ALGORITHMS)("a signature with %s holds for its message and key alone", (algorithm) => {
  const signer = softwareSigner(algorithm, secret(1));
  const other = softwareSigner(algorithm, secret(2));
  const signature = signer.sign(utf8("8 hours"));
  const holds = (key: Uint8Array, message: string, made = signature) =>
    verifySignature(algorithm, key, utf8(message), made);
  expect(holds(signer.publicKey(), "8 hours")).toBe(true);
  expect(holds(signer.publicKey(), "9 hours")).toBe(false);
  expect(holds(other.publicKey(), "8 hours")).toBe(false);
  expect(holds(signer.publicKey(), "8 hours", signature.slice(1))).toBe(false);
  expect(holds(new Uint8Array(0), "8 hours")).toBe(false);
  expect(signer.sign(utf8("8 hours"))).toEqual(signature);
});

test("any bit of a key or signature that is changed makes an answer, never an exception", () => {
  fc.assert(
    fc.property(fc.constantFrom(...ALGORITHMS), fc.nat(), fc.boolean(), (algorithm, at, ofKey) => {
      const signer = softwareSigner(algorithm, secret(3));
      const parts = [signer.publicKey(), signer.sign(utf8("x"))] as const;
      const changed = ofKey ? parts[0] : parts[1];
      const bit = at % (changed.length * 8);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(verifySignature(algorithm, parts[0], utf8("x"), parts[1])).toBe(false);
    }),
    { numRuns: 100 },
  );
});

test("Node's own keys and ours verify each other's signatures", () => {
  const message = utf8("hours");
  for (const algorithm of ALGORITHMS) {
    const { privateKey, publicKey } =
      algorithm === "ed25519"
        ? generateKeyPairSync("ed25519")
        : generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwk = privateKey.export({ format: "jwk" });
    const signer = softwareSigner(algorithm, Uint8Array.from(Buffer.from(jwk.d!, "base64url")));
    const digest = algorithm === "ed25519" ? null : "sha256";
    const form = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
    expect(nodeVerify(digest, message, form, signer.sign(message))).toBe(true);
    const theirs = nodeSign(digest, message, { key: privateKey, dsaEncoding: "ieee-p1363" });
    expect(verifySignature(algorithm, signer.publicKey(), message, Uint8Array.from(theirs))).toBe(
      true,
    );
    if (algorithm === "p256") {
      const spki = publicKey.export({ format: "der", type: "spki" });
      expect(signer.publicKey()).toEqual(Uint8Array.from(spki));
    }
  }
});

test("a closed signer signs no more", () => {
  const signer = softwareSigner("ed25519", secret(1));
  signer.close();
  expect(() => signer.sign(utf8("x"))).toThrow("closed");
});

// golang.org/x/mod/sumdb/note, and the verifier key of sum.golang.org.
test("published verifier keys read back", () => {
  for (const text of [
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
  ]) {
    const key = parseVerifierKey(text);
    expect(key).toMatchObject({ algorithm: "ed25519", kind: "signature", text });
  }
});

// The key of rekor.sigstore.dev: its id there is that of the key's DER alone.
test("a P-256 verifier key carries SubjectPublicKeyInfo, with its hash for an id", () => {
  const rekor =
    "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogSMdGv" +
    "XwBcK5AW5i0hrZLOC96l+smGNM7nwZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc=";
  expect(parseVerifierKey(rekor)).toMatchObject({ algorithm: "p256", text: rekor });
});

test("keys read back as they were written, and a cosignature's has another id", () => {
  for (const algorithm of ALGORITHMS) {
    const key = verifierKeyOf("lessor.example", softwareSigner(algorithm, secret(5)));
    expect(parseVerifierKey(key.text)).toEqual(key);
  }
  const signer = softwareSigner("ed25519", secret(5));
  const witness = verifierKeyOf("lessor.example", signer, "cosignature");
  expect(parseVerifierKey(witness.text)).toEqual(witness);
  expect(witness.id).not.toEqual(verifierKeyOf("lessor.example", signer).id);
  const publicKey = softwareSigner("p256", secret(5)).publicKey();
  expect(() => verifierKeyText("a", "p256", publicKey, "cosignature")).toThrow(RangeError);
});

const good = verifierKeyOf("lessor.example", softwareSigner("ed25519", secret(5))).text;
const [, id, encoded] = good.split("+", 2).concat(good.split("+").slice(2).join("+"));
const smallOrder = `a+00000000+${toBase64(Uint8Array.from([1, 1, ...new Uint8Array(31)]))}`;

test.each([
  ["", "is no verifier key"],
  ["lessor.example", "is no verifier key"],
  [`les sor+${id}+${encoded}`, "has a name with a space"],
  [`lessor.exampl+${id}+${encoded}`, "its id would be"],
  [`lessor.example+00000000+${encoded}`, `its id would be ${id}`],
  [good.slice(0, -1), "no base64"],
  [good.slice(0, -4), "its key is no key"],
  [`lessor.example+${id}+Bq==`, "no base64"],
  [`lessor.example+${id}+Bg==`, "is of type 6"],
  [smallOrder, "its key is no key"],
  [good.padEnd(600, "A"), "has more than 512 characters"],
])("%s is refused as a verifier key", (text, reason) => {
  expect(parseVerifierKey(text)).toContain(reason);
});

test("any character of a verifier key that is changed is noticed", () => {
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.constantFrom(..."aZ0+/= "), (at, letter) => {
      const changed = good.slice(0, at) + letter + good.slice(at + 1);
      expect(typeof parseVerifierKey(changed)).toBe(changed === good ? "object" : "string");
    }),
  );
});

test("names of keys have no spaces, plus or control characters", () => {
  for (const name of ["", "a b", "a+b", "a\u{2003}b", "a\u{85}b", "a\tb", "x".repeat(129)]) {
    expect(isKeyName(name), JSON.stringify(name)).toBe(false);
  }
  expect(isKeyName("telltale/usage/0f")).toBe(true);
});

test("signatures go to DER and back, and no second text of one is taken", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (raw) => {
      expect(derToRaw(rawToDer(raw))).toEqual(raw);
    }),
  );
  const one = "3006020101020102";
  expect(toHex(derToRaw(hex(one))!).replace(/^0*/, "")).toMatch(/^10*2$/);
  for (const wrong of [
    "",
    "30",
    "3006020101020202",
    "300602010102010200",
    "308106020101020102",
    "3006020181020102",
    "300702020001020102",
    "3003020101",
    "3008020101020102020100",
    "3006030101020102",
  ]) {
    expect(derToRaw(hex(wrong)), wrong).toBeNull();
  }
  expect(() => rawToDer(new Uint8Array(63))).toThrow(RangeError);
});

test("a thumbprint is that of the JWK's required members", () => {
  // RFC 8037 appendix A.3.
  const publicKey = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  expect(thumbprint("ed25519", publicKey)).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
});

interface Suite {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly publicKeyDer: string;
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
    }[];
  }[];
}

function judge(
  file: string,
  isValid: (
    group: Suite["testGroups"][number],
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean,
): number {
  let judged = 0;
  const suite = JSON.parse(readFileSync(file, "utf8")) as Suite;
  for (const group of suite.testGroups) {
    for (const { tcId, msg, sig, result } of group.tests) {
      expect(isValid(group, hex(msg), hex(sig)), `test ${tcId}`).toBe(result === "valid");
      judged += 1;
    }
  }
  return judged;
}

test("Wycheproof's Ed25519 signatures are judged as published", (context) => {
  const file = requiresShared(context, "vectors/wycheproof/ed25519_test.json");
  const judged = judge(file, ({ publicKey }, message, signature) =>
    verifySignature("ed25519", hex(publicKey.pk), message, signature),
  );
  expect(judged).toBe(151);
});

test("Wycheproof's P-256 signatures are judged as published", (context) => {
  const file = requiresShared(context, "vectors/wycheproof/ecdsa_secp256r1_sha256_test.json");
  const judged = judge(file, ({ publicKeyDer }, message, signature) => {
    const raw = derToRaw(signature);
    expect(pointOfSpki(hex(publicKeyDer))).not.toBeNull();
    return raw !== null && verifySignature("p256", hex(publicKeyDer), message, raw);
  });
  expect(judged).toBe(484);
});
