// Key files of parties: who may read them, what is said of files that are none, and openssl as a
// peer that knows nothing of us, in both directions.

import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fromBase64Url, toBase64Url, utf8 } from "../../runtime/ledger/bytes.ts";
import { rawToDer } from "../../runtime/ledger/der.ts";
import { signJws } from "../../runtime/ledger/jws.ts";
import type { KeyAlgorithm } from "../../runtime/ledger/keys.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { requires } from "../../runtime/testing/requires.ts";
import {
  type ScratchDirectory,
  scratchDirectory,
} from "../../runtime/testing/scratch-directory.ts";
import { makePartyKey, readPartyKey } from "./party-keys.ts";

const ALGORITHMS: readonly KeyAlgorithm[] = ["ed25519", "p256"];

test.each(ALGORITHMS)("a key of %s is made for its owner alone, and reads back", (algorithm) => {
  using scratch = scratchDirectory();
  const file = scratch.at("key.pem");
  makePartyKey(file, "lessor.example", algorithm);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { signer, name, openToOthers } = readPartyKey(file);
  expect({ name, openToOthers, algorithm: signer.algorithm }).toEqual({
    name: "lessor.example",
    openToOthers: false,
    algorithm,
  });
  expect(readPartyKey(file).signer.publicKey()).toEqual(signer.publicKey());
  chmodSync(file, 0o640);
  expect(readPartyKey(file).openToOthers).toBe(true);
});

test("a key that is there is never overwritten", () => {
  using scratch = scratchDirectory();
  const file = scratch.at("key.pem");
  makePartyKey(file, "one.example", "ed25519");
  const before = readFileSync(file, "utf8");
  expect(() => makePartyKey(file, "two.example", "p256")).toThrow("exists already");
  expect(readFileSync(file, "utf8")).toBe(before);
});

const pkcs8 = { type: "pkcs8", format: "pem" } as const;
const ed25519 = generateKeyPairSync("ed25519");
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });

describe("a Fault with a remedy says", () => {
  test.each([
    ["holds no private key", "hello"],
    ["holds no private key", "-----BEGIN PRIVATE KEY-----\nMC4C"],
    ["holds a key of another kind (secp384r1)", p384.privateKey.export(pkcs8)],
    ["holds a public key", ed25519.publicKey.export({ type: "spki", format: "pem" })],
    [
      "is protected by a passphrase",
      ed25519.privateKey.export({ ...pkcs8, cipher: "aes-256-cbc", passphrase: "x" }),
    ],
    ['"a b" cannot name a key', `name: a b\n${ed25519.privateKey.export(pkcs8)}`],
    ["more than the 65536 that are allowed", "x".repeat(70_000)],
  ])("%s", (message, content) => {
    using scratch = scratchDirectory();
    writeFileSync(scratch.at("k"), content);
    expectFault(() => readPartyKey(scratch.at("k")), message);
  });

  test("what is wrong with a place or a name", () => {
    using scratch = scratchDirectory();
    expectFault(() => readPartyKey(scratch.at("none")), "there is no such file");
    expectFault(() => readPartyKey(scratch.path), "it is a directory");
    expectFault(() => makePartyKey(scratch.at("none/k"), "a", "ed25519"), "cannot be written");
    expectFault(() => makePartyKey(scratch.at("k"), "a+b", "ed25519"), "cannot name a key");
  });
});

function expectFault(act: () => unknown, message: string): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Fault);
  const fault = thrown as Fault;
  expect(fault.message).toContain(message);
  expect(fault.remedy).not.toMatch(/machine file|telltale init/);
}

const MADE_BY_OPENSSL = [
  ["ed25519", ["genpkey", "-algorithm", "ed25519"]],
  ["p256", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]],
  ["p256", ["ecparam", "-name", "prime256v1", "-genkey"]],
] as const;

const TIMEOUT_MS = 20_000;

test.for(MADE_BY_OPENSSL)("openssl's key (%s, %j) signs for us", ([algorithm, args], context) => {
  const openssl = requires(context, "openssl");
  using scratch = scratchDirectory();
  execFileSync(openssl, [...args, "-out", scratch.at("own.pem")], { timeout: TIMEOUT_MS });
  const { signer, name } = readPartyKey(scratch.at("own.pem"));
  expect({ name, algorithm: signer.algorithm }).toEqual({ name: null, algorithm });
  expect(verdict(openssl, scratch)).toContain("Signature Verified Successfully");
});

test.for(ALGORITHMS)("openssl verifies what our own key of %s signed", (algorithm, context) => {
  const openssl = requires(context, "openssl");
  using scratch = scratchDirectory();
  makePartyKey(scratch.at("own.pem"), "own.example", algorithm);
  expect(verdict(openssl, scratch)).toContain("Signature Verified Successfully");
});

/** What openssl says of our JWS, with the public key that it takes out of the same file. */
function verdict(openssl: string, scratch: ScratchDirectory): string {
  const { signer } = readPartyKey(scratch.at("own.pem"));
  const payload = utf8("8 h 30 min\n");
  const jws = JSON.parse(signJws(payload, signer, undefined, { detached: true }));
  const { protected: header, signature } = jws.signatures[0];
  const raw = fromBase64Url(signature)!;
  const isEcdsa = signer.algorithm === "p256";
  writeFileSync(scratch.at("signed"), `${header}.${toBase64Url(payload)}`);
  writeFileSync(scratch.at("signature"), isEcdsa ? rawToDer(raw) : raw);
  const run = (...args: readonly string[]) =>
    execFileSync(openssl, args, { cwd: scratch.path, timeout: TIMEOUT_MS }).toString();
  run("pkey", "-in", "own.pem", "-pubout", "-out", "public.pem");
  return run(
    ...["pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin"],
    ...(isEcdsa ? ["-digest", "sha256"] : []),
    ...["-in", "signed", "-sigfile", "signature"],
  );
}
