// Whether an instruction is to be followed: the contract it names is signed by both parties and
// about this controller, everybody whom it binds has signed, it has not expired, and it may follow
// what was taken before. Pure; what it leads to is in lease-book.ts.

import type { Contract } from "./contract.ts";
import type { Instruction } from "./instruction.ts";
import {
  alreadyTaken,
  article,
  type LeaseBook,
  problemOfOrder,
  type Refusal,
  refuse,
  type Taken,
  taken,
} from "./lease-book.ts";
import { LEASE_RULES } from "./lease-rules.ts";

/** A contract whose text was read, and the keys whose signatures of its bytes were found good. */
export interface SignedContract {
  /** SHA-256 of its bytes, hexadecimal. */
  readonly hash: string;
  readonly contract: Contract;
  /** Verifier keys as they stand in the contract. */
  readonly signers: readonly string[];
}

/** What this controller is and whom it belongs to. */
export interface LeaseTerms {
  readonly controller: string;
  /** The device's verifier key. */
  readonly key: string;
  /** The lessor's verifier key that the machine file pins; null where it pins none. */
  readonly lessor: string | null;
}

/** What is known of the time, in milliseconds since 1970. */
export interface InstructionTime {
  /** The earliest that it can be by a clock that is vouched for; null where none is. */
  readonly utcMin: number | null;
  /** The newest time that stands on the ledger with quality S; null where there is none. */
  readonly ledgerUtc: number | null;
}

export interface InstructionCase {
  readonly instruction: Instruction;
  /** Verifier keys whose signatures of the instruction were found good. */
  readonly signers: readonly string[];
  /** The contract that the instruction names, and for a handover the next one. */
  readonly contract: SignedContract;
  readonly nextContract?: SignedContract | undefined;
}

/** Judges one instruction; its signatures were verified by the caller, their authority was not. */
export function takeInstruction(
  book: LeaseBook,
  given: InstructionCase,
  terms: LeaseTerms,
  time: InstructionTime,
): Taken | Refusal {
  const { instruction } = given;
  const repeated = alreadyTaken(book, instruction);
  if (repeated) return repeated;
  return (
    problemOfContracts(book, given, terms) ??
    problemOfSignatures(given) ??
    problemOfTime(instruction, time) ??
    problemOfOrder(book, instruction) ??
    taken(book, instruction)
  );
}

function problemOfContracts(
  book: LeaseBook,
  { instruction, contract, nextContract }: InstructionCase,
  terms: LeaseTerms,
): Refusal | null {
  const { dev, kind } = instruction;
  if (dev !== terms.controller) {
    return refuse("wrong-device", `it is for the controller ${dev}, this is ${terms.controller}`);
  }
  if (contract.hash !== instruction.contract) {
    return refuse("wrong-contract", "the contract at hand is not the one it names");
  }
  const continued = new Set(book.previousControllers);
  if (kind === "offset") continued.add(instruction.previousController);
  const problem = problemOfContract(contract, terms, continued);
  if (problem !== null || kind !== "handover") return problem;
  if (nextContract === undefined || nextContract.hash !== instruction.nextContract) {
    return refuse("unknown-contract", "the next contract has to come along with a handover");
  }
  return problemOfContract(nextContract, terms, continued);
}

/** What makes a contract one that this controller obeys. */
function problemOfContract(
  { contract, signers }: SignedContract,
  { controller, key, lessor: pinned }: LeaseTerms,
  continued: ReadonlySet<string>,
): Refusal | null {
  const { parties, machine, id } = contract;
  const isOurs = machine.controller === controller;
  if (!isOurs && !continued.has(machine.controller)) {
    return refuse(
      "wrong-device",
      `the contract ${id} is about the controller ${machine.controller}`,
    );
  }
  if (isOurs && machine.key !== key) {
    return refuse("wrong-device", `the contract ${id} names another key for this controller`);
  }
  const lessorKeys = new Set(parties.lessor.keys.map(keyBytes));
  if (parties.lessee.keys.some((lesseeKey) => lessorKeys.has(keyBytes(lesseeKey)))) {
    return refuse("contract-invalid", `in the contract ${id} one key stands for both parties`);
  }
  for (const role of ["lessor", "lessee"] as const) {
    if (!hasSigned(parties[role].keys, signers)) {
      return refuse("contract-unsigned", `the contract ${id} is not signed by the ${role}`);
    }
  }
  if (pinned === null) return null;
  const isPinned = (one: string) => keyBytes(one) === keyBytes(pinned);
  if (signers.some((one) => isPinned(one) && parties.lessor.keys.includes(one))) return null;
  const message = `the contract ${id} is not signed with the lessor's key of the machine file`;
  return refuse("lessor-not-pinned", message);
}

function problemOfSignatures({
  instruction,
  signers,
  contract,
  nextContract,
}: InstructionCase): Refusal | null {
  const { lessor, lessee } = contract.contract.parties;
  const { signedBy } = LEASE_RULES[instruction.kind];
  const hasLessor = hasSigned(lessor.keys, signers);
  const hasLessee = hasSigned(lessee.keys, signers);
  const missing = (who: string) =>
    refuse("not-signed", `${article(instruction.kind)} has to be signed by ${who}`);
  if (signedBy === "either") return hasLessor || hasLessee ? null : missing("one of the parties");
  if (!hasLessor) return missing("the lessor");
  if (signedBy === "lessor") return null;
  if (!hasLessee) return missing("the lessee");
  if (signedBy === "both") return null;
  const next = nextContract!.contract.parties;
  if (!hasSigned(next.lessor.keys, signers)) return missing("the lessor of the next contract");
  return hasSigned(next.lessee.keys, signers) ? null : missing("the next lessee");
}

/**
 * Without a clock that is vouched for, an instruction is expired only where the ledger itself
 * proves it: a controller in a cellar must be able to go on hire. That it acts once and in its
 * order does not depend on the time.
 */
function problemOfTime(
  { expires }: Instruction,
  { utcMin, ledgerUtc }: InstructionTime,
): Refusal | null {
  const least = Math.max(utcMin ?? 0, ledgerUtc ?? 0);
  if (least <= expires * 1_000) return null;
  return refuse("expired", `it was good until ${new Date(expires * 1_000).toISOString()}`);
}

function hasSigned(keys: readonly string[], signers: readonly string[]): boolean {
  return keys.some((key) => signers.includes(key));
}

/** A verifier key is `name+id+base64`; the base64 part alone says which key it is. */
function keyBytes(verifierKey: string): string {
  return verifierKey.split("+").slice(2).join("+");
}
