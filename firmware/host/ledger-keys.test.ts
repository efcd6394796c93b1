// The controller's keys on the disk: who may read them, that they stay the same, that others verify
// what they sign, and what is said of files that are no keys.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { utf8 } from "../../runtime/ledger/bytes.ts";
import { verifierKeyOf, verifySignature } from "../../runtime/ledger/keys.ts";
import { signNote, verifyNote } from "../../runtime/ledger/note.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { requires } from "../../runtime/testing/requires.ts";
import {
  type ScratchDirectory,
  scratchDirectory,
} from "../../runtime/testing/scratch-directory.ts";
import { openDeviceKeys } from "./ledger-keys.ts";

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("the keys", () => {
  test("are made once, for their owner alone, and are the same in the next life", () => {
    using scratch = scratchDirectory();
    const directory = scratch.at("keys");
    const warn = vi.fn();
    const before = openDeviceKeys(directory, { ...silentLog, warn });
    expect(warn).toHaveBeenCalledTimes(2);
    expect(modeOf(directory)).toBe("700");
    expect(readdirSync(directory).sort()).toEqual(["ledger.pem", "ocmf.pem"]);
    for (const name of readdirSync(directory)) expect(modeOf(scratch.at("keys", name))).toBe("600");
    const after = openDeviceKeys(directory, { ...silentLog, warn });
    expect(warn).toHaveBeenCalledTimes(2);
    expect(after.ledger.publicKey()).toEqual(before.ledger.publicKey());
    expect(after.ocmf.publicKey()).toEqual(before.ocmf.publicKey());
  });

  test("sign what our own verification takes, and nothing once they are closed", () => {
    using scratch = scratchDirectory();
    const keys = openDeviceKeys(scratch.at("keys"), silentLog);
    for (const signer of [keys.ledger, keys.ocmf]) {
      const message = utf8("8 h 30 min");
      const signature = signer.sign(message);
      const { algorithm } = signer;
      expect(verifySignature(algorithm, signer.publicKey(), message, signature)).toBe(true);
      expect(verifySignature(algorithm, signer.publicKey(), utf8("9 h"), signature)).toBe(false);
      const key = verifierKeyOf("device", signer);
      const note = signNote("a text\n", "device", signer);
      expect(verifyNote(note, [key])).toMatchObject({ verified: [key], bad: [] });
    }
    keys[Symbol.dispose]();
    expect(() => keys.ledger.sign(utf8("x"))).toThrow("closed");
    expect(() => keys.ocmf.sign(utf8("x"))).toThrow("closed");
  });

  test("sign with Ed25519 what OpenSSL verifies by the file's own public half", (context) => {
    const openssl = requires(context, "openssl");
    using scratch = scratchDirectory();
    const { ledger } = openDeviceKeys(scratch.at("keys"), silentLog);
    const run = (...args: readonly string[]) => execFileSync(openssl, args).toString();
    const publicKey = scratch.at("public.pem");
    run("pkey", "-in", scratch.at("keys", "ledger.pem"), "-pubout", "-out", publicKey);
    writeFileSync(scratch.at("message"), "8 h 30 min");
    writeFileSync(scratch.at("signature"), ledger.sign(utf8("8 h 30 min")));
    const files = ["-in", scratch.at("message"), "-sigfile", scratch.at("signature")];
    const said = run("pkeyutl", "-verify", "-pubin", "-inkey", publicKey, "-rawin", ...files);
    expect(said).toContain("Signature Verified Successfully");
    const der = run("pkey", "-pubin", "-in", publicKey, "-text", "-noout");
    const hex = Buffer.from(ledger.publicKey()).toString("hex");
    expect(der.replace(/[\s:]/g, "")).toContain(hex);
  });

  test("survive a crash while they were made", () => {
    using scratch = scratchDirectory();
    mkdirSync(scratch.at("keys"), { mode: 0o700 });
    writeFileSync(scratch.at("keys", "ledger.pem.tmp"), "half a key", { mode: 0o644 });
    openDeviceKeys(scratch.at("keys"), silentLog);
    expect(readdirSync(scratch.at("keys")).sort()).toEqual(["ledger.pem", "ocmf.pem"]);
    expect(modeOf(scratch.at("keys", "ledger.pem"))).toBe("600");
  });
});

describe("a fault that names file and remedy is said where", () => {
  const cases: readonly (readonly [
    string,
    RegExp,
    RegExp,
    (at: ScratchDirectory["at"]) => void,
  ])[] = [
    [
      "the key is open to others",
      /ledger\.pem is open to other users/,
      /^chmod 600 .*ledger\.pem/,
      (at) => chmodSync(at("keys", "ledger.pem"), 0o640),
    ],
    [
      "the directory is open to others",
      /keys is open to other users/,
      /^chmod 700 .*keys/,
      (at) => chmodSync(at("keys"), 0o755),
    ],
    [
      "the key is cut off",
      /ledger\.pem is damaged: it holds no private key/,
      /backup/,
      (at) => writeFileSync(at("keys", "ledger.pem"), "-----BEGIN PRIVATE KEY-----\nMC4C"),
    ],
    [
      "the key is empty",
      /ocmf\.pem is damaged/,
      /backup/,
      (at) => writeFileSync(at("keys", "ocmf.pem"), ""),
    ],
    [
      "the key is of another kind",
      /ledger\.pem is damaged: it holds a key of another kind \(p256\)/,
      /backup/,
      (at) => copyFileSync(at("keys", "ocmf.pem"), at("keys", "ledger.pem")),
    ],
    [
      "the key is far too long",
      /ledger\.pem is damaged: it has 5000 bytes/,
      /backup/,
      (at) => writeFileSync(at("keys", "ledger.pem"), "x".repeat(5_000)),
    ],
  ];

  test.each(cases)("%s", (_, message, remedy, change) => {
    using scratch = scratchDirectory();
    openDeviceKeys(scratch.at("keys"), silentLog);
    change(scratch.at);
    const fault = faultOf(() => openDeviceKeys(scratch.at("keys"), silentLog));
    expect(fault).toMatchObject({ code: "KEY_UNUSABLE" });
    expect(fault.message).toMatch(message);
    expect(fault.remedy).toMatch(remedy);
    // The text of a key is nobody's business.
    expect(fault.message + fault.remedy).not.toContain("PRIVATE KEY");
  });

  test("the key is a link, or the directory a file", () => {
    using scratch = scratchDirectory();
    mkdirSync(scratch.at("keys"), { mode: 0o700 });
    symlinkSync("/dev/zero", scratch.at("keys", "ledger.pem"));
    expect(faultOf(() => openDeviceKeys(scratch.at("keys"), silentLog)).message).toMatch(
      /cannot be read/,
    );
    writeFileSync(scratch.at("file"), "");
    expect(faultOf(() => openDeviceKeys(scratch.at("file"), silentLog)).message).toMatch(
      /no directory/,
    );
  });
});

function faultOf(run: () => unknown): Fault {
  try {
    run();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("it went well");
}
