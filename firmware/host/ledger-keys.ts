// The keys of this controller: made at the first start, readable by the meter's user alone. They
// stay in this module; whoever signs with them gets three functions (see runtime/ledger/keys.ts),
// so that a TPM or a secure element can hold them later.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { KeyAlgorithm, Signer } from "../../runtime/ledger/keys.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { syncDirectory, writeSecret } from "./files.ts";

export interface DeviceKeys extends Disposable {
  /** Ed25519: signs checkpoints. */
  readonly ledger: Signer;
  /** P-256: signs OCMF records, whose readers know no Ed25519. */
  readonly ocmf: Signer;
}

/** The key is there and nobody can rely on it any more: damaged, or others may have read it. */
export class KeyLost extends Fault {}

/** A PEM file of one private key has some 240 bytes. */
const KEY_FILE_BYTES_MAX = 4_096;
const ED25519_KEY_BYTES = 32;
/** Rights of the group and of all others. */
const OTHERS = 0o077;

/**
 * Opens the keys in a directory of their own, making what is not there yet.
 * @throws Fault KEY_UNUSABLE
 */
export function openDeviceKeys(directory: string, log: Log): DeviceKeys {
  prepareDirectory(directory);
  const ledger = openKey(join(directory, "ledger.pem"), "ed25519", log);
  const ocmf = openKey(join(directory, "ocmf.pem"), "p256", log);
  return {
    ledger,
    ocmf,
    [Symbol.dispose]() {
      ledger.close();
      ocmf.close();
    },
  };
}

function prepareDirectory(directory: string): void {
  try {
    if (!existsSync(directory)) {
      mkdirSync(directory, { mode: 0o700 });
      // A key that a power cut takes with its directory would have signed a ledger that stays.
      syncDirectory(dirname(directory));
    }
    const stats = lstatSync(directory);
    if (!stats.isDirectory()) throw unusable(`${directory} is no directory`, "move it away");
    if ((stats.mode & OTHERS) !== 0) throw tooOpen(directory, "700");
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const reason = `the directory ${directory} cannot be used: ${reasonOf(cause)}`;
    throw unusable(reason, "look at the rights of the data directory and at the disk", cause);
  }
}

function openKey(file: string, algorithm: KeyAlgorithm, log: Log): Signer {
  const text = readKey(file);
  if (text !== null) return signerOf(parseKey(text, file, algorithm), algorithm);
  const made = makeKey(file, algorithm);
  log.warn("this controller has a new key; the parties of a contract have to know it", { file });
  return signerOf(made, algorithm);
}

/** The file's text; null where there is none. */
function readKey(file: string): string | null {
  let descriptor: number;
  try {
    // A link could lead to where others write; a named pipe would hold us here for ever.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    descriptor = openSync(file, flags);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    const remedy = "the meter's user must own it: chown it, and move a link away";
    throw unusable(`the key ${file} cannot be read: ${reasonOf(cause)}`, remedy, cause);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw unusable(`the key ${file} is no regular file`, "move it away");
    if ((stats.mode & OTHERS) !== 0) throw tooOpen(file, "600");
    if (stats.size > KEY_FILE_BYTES_MAX) throw damaged(file, `it has ${stats.size} bytes`);
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

function parseKey(text: string, file: string, algorithm: KeyAlgorithm): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch (cause) {
    throw damaged(file, "it holds no private key", cause);
  }
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  const kind = namedCurve === "prime256v1" ? "p256" : key.asymmetricKeyType;
  if (kind !== algorithm) throw damaged(file, `it holds a key of another kind (${kind})`);
  return key;
}

function makeKey(file: string, algorithm: KeyAlgorithm): KeyObject {
  const { privateKey } =
    algorithm === "ed25519"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  try {
    writeSecret(file, privateKey.export({ type: "pkcs8", format: "pem" }));
  } catch (cause) {
    const reason = `the key ${file} cannot be written: ${reasonOf(cause)}`;
    throw unusable(reason, "look at the rights and the free space of the data directory", cause);
  }
  return privateKey;
}

function signerOf(privateKey: KeyObject, algorithm: KeyAlgorithm): Signer {
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const publicKey = algorithm === "ed25519" ? spki.subarray(-ED25519_KEY_BYTES) : spki;
  let own: KeyObject | null = privateKey;
  return {
    algorithm,
    publicKey: () => Uint8Array.from(publicKey),
    sign(message) {
      if (own === null) throw new Error("the key was closed");
      // Ed25519 hashes by itself.
      const hash = algorithm === "ed25519" ? null : "sha256";
      return Uint8Array.from(sign(hash, message, { key: own, dsaEncoding: "ieee-p1363" }));
    },
    close() {
      own = null;
    },
  };
}

function tooOpen(path: string, mode: string): KeyLost {
  return new KeyLost(
    "KEY_UNUSABLE",
    `${path} is open to other users, who may have read the key`,
    `chmod ${mode} ${path}; where others could log in, move the key away: a new one is made`,
  );
}

function damaged(file: string, what: string, cause?: unknown): KeyLost {
  return new KeyLost(
    "KEY_UNUSABLE",
    `the key ${file} is damaged: ${what}`,
    "put it back from a backup, or move it away: a new one is made, and a new ledger begins",
    { cause },
  );
}

function unusable(message: string, remedy: string, cause?: unknown): Fault {
  return new Fault("KEY_UNUSABLE", message, remedy, { cause });
}
