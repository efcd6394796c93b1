import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { requiresShared } from "../testing/requires.ts";
import { fromBase64Url, toBase64Url, utf8 } from "./bytes.ts";
import { JWS_LENGTH_MAX, jwsProblem, signCompactJws, signJws, verifyJws } from "./jws.ts";
import { softwareSigner, thumbprint, verifierKeyOf } from "./keys.ts";

const lessor = softwareSigner("ed25519", new Uint8Array(32).fill(1));
const lessee = softwareSigner("p256", new Uint8Array(32).fill(2));
const stranger = softwareSigner("ed25519", new Uint8Array(32).fill(3));
const lessorKey = verifierKeyOf("lessor.example", lessor);
const lesseeKey = verifierKeyOf("lessee.example", lessee);
const keys = [lessorKey, lesseeKey];
const contract = utf8("telltale: contract\n");

test("both parties sign the same bytes, and each is told", () => {
  const one = signJws(contract, lessor, undefined, { detached: true });
  const both = signJws(contract, lessee, one, { detached: true });
  expect(both).not.toContain("payload");
  expect(verifyJws(both, keys, contract)).toMatchObject({ signers: keys, unknown: 0 });
  expect(verifyJws(one, keys, contract)).toMatchObject({ signers: [lessorKey] });
  expect(verifyJws(both, [lesseeKey], contract)).toMatchObject({
    signers: [lesseeKey],
    unknown: 1,
  });
});

test("signing again takes the place of the older signature", () => {
  const one = signJws(contract, lessor, undefined, { detached: true });
  expect(signJws(contract, lessor, one, { detached: true })).toBe(one);
});

test("a payload that is carried is given back, and is the one that was meant", () => {
  const jws = signJws(contract, lessor);
  expect(verifyJws(jws, keys)).toMatchObject({ payload: contract, signers: [lessorKey] });
  expect(verifyJws(jws, keys, contract)).toMatchObject({ signers: [lessorKey] });
  expect(verifyJws(jws, keys, utf8("another"))).toBe("signs something else");
  expect(() => signJws(utf8("another"), lessee, jws)).toThrow("another payload");
});

test("a changed file, a missing file and strangers are told apart", () => {
  const jws = signJws(contract, lessor, undefined, { detached: true });
  expect(verifyJws(jws, keys, utf8("changed"))).toBe("has a wrong signature of lessor.example");
  expect(verifyJws(jws, keys)).toBe("does not hold what it signs");
  const foreign = signJws(contract, stranger, undefined, { detached: true });
  expect(verifyJws(foreign, keys, contract)).toBe("is signed by nobody who is known");
});

const encode = (header: object) => toBase64Url(utf8(JSON.stringify(header)));
const withHeader = (header: object) => {
  const signed = encode(header);
  const signature = toBase64Url(lessor.sign(utf8(`${signed}.${toBase64Url(contract)}`)));
  return JSON.stringify({ signatures: [{ protected: signed, signature }] });
};
const kid = thumbprint("ed25519", lessor.publicKey());

test.each([
  [{ alg: "EdDSA" }, true],
  [{ alg: "EdDSA", kid, typ: "JOSE" }, true],
  [{ alg: "none", kid }, "names the algorithm none"],
  [{ alg: "none" }, "is signed by nobody"],
  [{ alg: "ES256", kid }, "names the algorithm ES256"],
  [{ alg: "EdDSA", kid, crit: ["exp"] }, "not understood"],
  [{ alg: "EdDSA", kid, b64: false }, "not understood"],
  [{ kid }, "not understood"],
] as const)("header %j is judged", (header, expected) => {
  const result = verifyJws(withHeader(header), keys, contract);
  if (expected === true) expect(result).toMatchObject({ signers: [lessorKey] });
  else expect(result).toContain(expected);
});

test.each([
  "",
  "{",
  "[]",
  "{}",
  "null",
  '{"signatures":[]}',
  '{"signatures":[{"protected":"e30"}]}',
  '{"payload":1,"signatures":[{"protected":"e30","signature":""}]}',
  '{"signatures":[{"header":{"kid":"x"},"protected":"e30","signature":""}]}',
  "a.b",
  "a.b.c.d",
])("%j is no JWS", (jws) => {
  expect(jwsProblem(jws)).not.toBeNull();
  expect(typeof verifyJws(jws, keys, contract)).toBe("string");
});

test("a JWS beyond the limit is not looked at", () => {
  expect(jwsProblem(" ".repeat(JWS_LENGTH_MAX + 1))).toContain("characters");
});

test("an existing text that is no JWS is not added to", () => {
  expect(() => signJws(contract, lessor, "{}")).toThrow(RangeError);
});

test.each([false, true])(
  "no changed bit leaves both signatures right; detached: %j",
  (detached) => {
    const both = signJws(contract, lessee, signJws(contract, lessor, undefined, { detached }), {
      detached,
    });
    const bytes = utf8(both);
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const changed = Buffer.from(bytes);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        const result = verifyJws(changed.toString("utf8"), keys, detached ? contract : undefined);
        if (typeof result !== "string") expect(result.signers.length).toBeLessThan(2);
      }),
      { numRuns: 200 },
    );
  },
);

// RFC 8037 appendix A, restated.
const RFC_SECRET = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const RFC_JWS =
  "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc." +
  "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

function reproduces(vector: { d: string; payload: string; jws: string; thumbprint: string }): void {
  const signer = softwareSigner("ed25519", fromBase64Url(vector.d)!);
  const key = verifierKeyOf("rfc8037", signer);
  expect(signCompactJws(utf8(vector.payload), signer, { withKeyId: false })).toBe(vector.jws);
  expect(verifyJws(vector.jws, [lessorKey, key])).toMatchObject({
    payload: utf8(vector.payload),
    signers: [key],
  });
  expect(thumbprint("ed25519", signer.publicKey())).toBe(vector.thumbprint);
}

test("the example of RFC 8037 is signed to the same bytes", () => {
  reproduces({
    d: RFC_SECRET,
    payload: "Example of Ed25519 signing",
    jws: RFC_JWS,
    thumbprint: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
  });
});

test("the published vector of RFC 8037 is signed to the same bytes", (context) => {
  const file = requiresShared(context, "vectors/jws/rfc8037.json");
  const { jwk, payload, jws, thumbprint_sha256_b64url } = JSON.parse(readFileSync(file, "utf8"));
  reproduces({ d: jwk.d, payload, jws, thumbprint: thumbprint_sha256_b64url });
});
