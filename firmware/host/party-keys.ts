// The private keys of parties and their witnesses: PKCS#8 PEM files, as openssl writes and reads
// them too. The name that goes with a key stands before the PEM block, where RFC 7468 allows text.

import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  isKeyName,
  type KeyAlgorithm,
  type Signer,
  softwareSigner,
} from "../../runtime/ledger/keys.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { isOpenToOthers, readTextFile, writeNewFile } from "./files.ts";

export interface PartyKey {
  readonly signer: Signer;
  /** Null where the file names none, as one that openssl made. */
  readonly name: string | null;
  /** Whether others than the owner may read the file. */
  readonly openToOthers: boolean;
}

/** A PEM file of one private key has some 240 bytes; certificates may stand beside it. */
const KEY_FILE_BYTES_MAX = 64 * 1024;
const NAME = /^name: (.*)$/m;
const KEY_NAMES = "A key's name has no spaces and no plus; take your domain, such as firm.example.";

/** @throws Fault SETTING_INVALID where the file exists or the name is none. */
export function makePartyKey(file: string, name: string, algorithm: KeyAlgorithm): void {
  checkKeyName(name);
  const { privateKey } =
    algorithm === "ed25519"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  let written: boolean;
  try {
    written = writeNewFile(file, `name: ${name}\n${pem}`, 0o600);
  } catch (cause) {
    const remedy = "Name a file in a directory that exists and that this user may write.";
    throw new Fault("DATA_UNUSABLE", `${file} cannot be written`, remedy, { cause });
  }
  if (written) return;
  const remedy = "Name another file. What was signed with a key that is gone stays signed with it.";
  throw invalid(`${file} exists already and is not overwritten`, remedy);
}

/** @throws Fault SETTING_INVALID */
export function checkKeyName(name: string): void {
  if (!isKeyName(name)) throw invalid(`${JSON.stringify(name)} cannot name a key`, KEY_NAMES);
}

/** @throws Fault SETTING_INVALID where it is no private key on Ed25519 or P-256. */
export function readPartyKey(file: string): PartyKey {
  const text = readText(file);
  const key = parsePem(file, text);
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  const kind = namedCurve === "prime256v1" ? "p256" : key.asymmetricKeyType;
  if (kind !== "ed25519" && kind !== "p256") {
    const remedy = "Ed25519 and P-256 sign here; `telltale key new` makes such a key.";
    throw invalid(`${file} holds a key of another kind (${namedCurve ?? kind})`, remedy);
  }
  // A JWK's `d` is the seed of Ed25519, and the scalar of P-256 with its leading zeros.
  const secret = Buffer.from(key.export({ format: "jwk" }).d!, "base64url");
  const signer = softwareSigner(kind, secret);
  secret.fill(0);
  const name = NAME.exec(text.slice(0, text.indexOf("-----BEGIN")))?.[1]?.trim() ?? null;
  if (name !== null) checkKeyName(name);
  return { signer, name, openToOthers: isOpenToOthers(file) };
}

function readText(file: string): string {
  try {
    return readTextFile(file, KEY_FILE_BYTES_MAX);
  } catch (cause) {
    // Its remedies speak of machine files.
    if (!(cause instanceof Fault) || cause.code !== "MACHINE_FILE_INVALID") throw cause;
    const remedy = "Name the file that `telltale key new` wrote, and run this as its owner.";
    throw new Fault("SETTING_INVALID", cause.message, remedy, { cause });
  }
}

function parsePem(file: string, text: string): KeyObject {
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    const remedy = "Take the passphrase off: openssl pkcs8 -in KEY -out PLAIN -topk8 -nocrypt.";
    throw invalid(`${file} is protected by a passphrase`, remedy);
  }
  if (/^-----BEGIN (PUBLIC KEY|CERTIFICATE)/m.test(text) && !text.includes("PRIVATE KEY")) {
    throw invalid(
      `${file} holds a public key`,
      "To sign takes the private key that belongs to it.",
    );
  }
  try {
    return createPrivateKey(text);
  } catch (cause) {
    // The library's words could repeat what is in the file.
    const remedy = "A private key in PEM begins with -----BEGIN PRIVATE KEY-----; put it back.";
    throw invalid(`${file} holds no private key, or a damaged one`, remedy, cause);
  }
}

function invalid(message: string, remedy: string, cause?: unknown): Fault {
  return new Fault("SETTING_INVALID", message, remedy, { cause });
}
