// A contract on disk: its exact bytes, and beside it, as FILE.jws, the parties' signatures. Both
// are read with a limit, and what is wrong is said of the file that it is in.

import { text as textOf } from "../../runtime/ledger/bytes.ts";
import { type Contract, PARTY_ROLES, type PartyRole } from "../../runtime/ledger/contract.ts";
import { readContract } from "../../runtime/ledger/contract-file.ts";
import { CONTRACT_BYTES_MAX } from "../../runtime/ledger/contract-keys.ts";
import { JWS_LENGTH_MAX, verifyJws } from "../../runtime/ledger/jws.ts";
import { parseVerifierKey, type VerifierKey } from "../../runtime/ledger/keys.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { fileExists, readFileBytes } from "../host/files.ts";

/** @throws Fault SETTING_INVALID, whose words fit any file. */
export function readBytes(file: string, bytesMax: number): Uint8Array {
  try {
    return readFileBytes(file, bytesMax);
  } catch (cause) {
    if (!(cause instanceof Fault) || cause.code !== "MACHINE_FILE_INVALID") throw cause;
    const remedy = "Look at the name, the rights, and whether it is the right file.";
    throw new Fault("SETTING_INVALID", cause.message, remedy, { cause });
  }
}

/** As it is: what is signed is the bytes. @throws Fault SETTING_INVALID */
export function readContractText(file: string): string {
  return decoded(file, readBytes(file, CONTRACT_BYTES_MAX));
}

/** The signatures beside a file; null where there are none. @throws Fault SETTING_INVALID */
export function readSignatures(file: string): string | null {
  return fileExists(file) ? decoded(file, readBytes(file, JWS_LENGTH_MAX)) : null;
}

function decoded(file: string, bytes: Uint8Array): string {
  const text = textOf(bytes);
  if (text !== null) return text;
  throw new Fault("SETTING_INVALID", `${file}: it is not text in UTF-8`, "Save it as UTF-8.");
}

/** The contract in these bytes; null where they are none, or one with problems. */
export function contractIn(bytes: Uint8Array): Contract | null {
  const text = textOf(bytes);
  const result = text === null ? null : readContract(text, "");
  return result !== null && "contract" in result ? result.contract : null;
}

export interface PartyKeys {
  readonly role: PartyRole;
  readonly keys: readonly VerifierKey[];
}

/** The keys that sign for each party. */
export function keysOf({ parties }: Contract): readonly PartyKeys[] {
  return PARTY_ROLES.flatMap((role) => {
    const party = parties[role];
    if (party === undefined) return [];
    const keys = party.keys.map(parseVerifierKey).filter((key) => typeof key !== "string");
    return [{ role, keys }];
  });
}

export interface SignatureState {
  /** Roles whose signature is there and right. */
  readonly signed: readonly PartyRole[];
  /** Roles that the contract binds and that have not signed. */
  readonly missing: readonly PartyRole[];
  /** Signatures by keys that are not in the contract. */
  readonly unknown: number;
  /** Why the signatures are worth nothing, as the end of a sentence; null where they are not. */
  readonly wrong: string | null;
}

/** Those without whom there is no contract. */
const BOUND: readonly PartyRole[] = ["lessor", "lessee"];

export function signaturesOf(
  contract: Contract,
  bytes: Uint8Array,
  jws: string | null,
): SignatureState {
  if (jws === null) return { signed: [], missing: BOUND, unknown: 0, wrong: null };
  const parties = keysOf(contract);
  const all = parties.flatMap(({ keys }) => keys);
  const result = verifyJws(jws, all, bytes);
  if (typeof result === "string") return { signed: [], missing: BOUND, unknown: 0, wrong: result };
  const signed = parties
    .filter(({ keys }) => keys.some((key) => result.signers.includes(key)))
    .map(({ role }) => role);
  const missing = BOUND.filter((role) => !signed.includes(role));
  return { signed, missing, unknown: result.unknown, wrong: null };
}
