// What `telltale witness run` and `cosign` share: the witness's key, the keys that it pins, and its
// directory, which one process at a time may hold.

import { join } from "node:path";
import { LockCorrupt, lockDataDirectory } from "../../runtime/journal/lock.ts";
import {
  parseVerifierKey,
  type Signer,
  type VerifierKey,
  verifierKeyOf,
} from "../../runtime/ledger/keys.ts";
import type { Fault } from "../../runtime/signal/fault.ts";
import { wallSeconds } from "../host/clock.ts";
import { setAside } from "../host/files.ts";
import { readPartyKey } from "../host/party-keys.ts";
import { dataDirectory } from "../host/paths.ts";
import { openWitnessDirectory, type WitnessDirectory } from "../host/witness-directory.ts";
import { badInput, readInput } from "./read-input.ts";
import { terminal } from "./terminal.ts";
import type { HolderOptions } from "./witness-options.ts";

/** Of a file with verifier keys: a fleet of ten thousand. In bytes. */
const DEVICES_BYTES_MAX = 2 * 1024 * 1024;

export function witnessDirectory(given: string | undefined): string {
  return given ?? join(dataDirectory(undefined), "witness");
}

export interface Holder extends Disposable {
  readonly name: string;
  readonly signer: Signer;
  /** The verifier key of its cosignatures. */
  readonly key: VerifierKey;
  readonly devices: readonly VerifierKey[];
  readonly directory: WitnessDirectory;
}

/** @throws Fault where the key, the pinned keys or the directory cannot be used. */
export function openHolder(options: HolderOptions): Holder {
  currentSeconds();
  const devices = devicesOf(options);
  const { signer, name: ownName, openToOthers } = readPartyKey(options.key);
  if (openToOthers) terminal.error(`warning: others may read ${options.key}; chmod 600 it`);
  const name = options.name ?? ownName;
  if (name === null) {
    throw badInput(`${options.key} names nobody`, "say whose witness it is with --name");
  }
  if (signer.algorithm !== "ed25519") {
    const remedy = "make another with `telltale key new`; contracts can name P-256 keys, too";
    throw badInput(`${options.key} is P-256, and cosignatures are Ed25519`, remedy);
  }
  const key = verifierKeyOf(name, signer, "cosignature");
  const folder = witnessDirectory(options.data);
  // Once without asking whose it is, so that the directory is there for the lock.
  openWitnessDirectory(folder, null);
  const lock = takeLock(join(folder, "lock.sqlite"));
  try {
    const directory = openWitnessDirectory(folder, key);
    return { name, signer, key, devices, directory, [Symbol.dispose]: () => lock.release() };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** @throws Fault SETTING_INVALID where this computer does not know what time it is. */
export function currentSeconds(): number {
  const seconds = wallSeconds();
  if (seconds !== null) return seconds;
  throw badInput("this computer's clock was never set", "set it first: a cosignature says when");
}

function takeLock(file: string): ReturnType<typeof lockDataDirectory> {
  try {
    return lockDataDirectory(file, "witness");
  } catch (error) {
    if (!(error instanceof LockCorrupt)) throw error;
    // It holds nothing, and nobody can hold a damaged one.
    setAside([file]);
    return lockDataDirectory(file, "witness");
  }
}

function devicesOf({ device = [], devices: file }: HolderOptions): readonly VerifierKey[] {
  const remedy = "name a file with one verifier key a line";
  const ofFile = file === undefined ? [] : linesOf(readInput(file, DEVICES_BYTES_MAX, remedy));
  const keys = new Map<string, VerifierKey>();
  for (const text of [...device, ...ofFile]) {
    const key = parseVerifierKey(text.trim());
    if (typeof key === "string") throw notAKey(`a verifier key ${key}: ${text.slice(0, 60)}`);
    if (key.kind !== "signature") throw notAKey(`${key.name} is the key of a witness`);
    const before = keys.get(key.name);
    if (before !== undefined && before.text !== key.text) {
      throw notAKey(`${key.name} has two keys; a controller has one`);
    }
    keys.set(key.name, key);
  }
  if (keys.size > 0) return [...keys.values()];
  throw notAKey("no controller is named whose ledger could be witnessed");
}

function linesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/(?:^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}

function notAKey(message: string): Fault {
  const remedy = "give the controller's key with --device; `telltale lease` prints it there";
  return badInput(message, remedy);
}
