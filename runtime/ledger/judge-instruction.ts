// From the texts that somebody brought to a judgement: reads the instruction and its contract,
// verifies every signature, and asks lease.ts whether it is to be followed.

import { fromBase64Url, text as textOf, utf8 } from "./bytes.ts";
import { COMMAND_TEXT_BYTES_MAX, CONTRACT_TEXT_BYTES_MAX, type ContractTexts } from "./commands.ts";
import type { Contract, Party } from "./contract.ts";
import { contractHash } from "./contract-file.ts";
import type { Instruction } from "./instruction.ts";
import { parseInstruction } from "./instruction-payload.ts";
import { verifyJws } from "./jws.ts";
import { parseVerifierKey, type VerifierKey } from "./keys.ts";
import type { Leaf } from "./leaf.ts";
import {
  type InstructionTime,
  type LeaseTerms,
  type SignedContract,
  takeInstruction,
} from "./lease.ts";
import { type LeaseBook, type Refusal, refuse, type Taken } from "./lease-book.ts";

export interface JudgeContext {
  readonly book: LeaseBook;
  readonly terms: LeaseTerms;
  readonly time: InstructionTime;
  /** The contract of a text, or one sentence that says what is wrong with it. */
  readonly readContract: (text: string) => Contract | string;
  /** One that came with an earlier instruction, by the SHA-256 of its text. */
  readonly contractOf: (hash: string) => ContractTexts | null;
}

export interface Judged extends Taken {
  readonly instruction: Instruction;
  /** To be kept, so that later instructions need not bring it; null where none came along. */
  readonly contract: (ContractTexts & { readonly hash: string }) | null;
}

export function judgeInstruction(
  jws: string,
  brought: ContractTexts | undefined,
  context: JudgeContext,
): Judged | Refusal {
  if (utf8(jws).length > COMMAND_TEXT_BYTES_MAX) {
    return refuse("too-large", `an instruction has at most ${COMMAND_TEXT_BYTES_MAX} bytes`);
  }
  const instruction = instructionOfJws(jws);
  if (typeof instruction === "string") return refuse("malformed", instruction);
  const contracts = contractsFor(instruction, brought, context);
  if ("refused" in contracts) return contracts;
  const { contract, nextContract, kept } = contracts;
  const keys = [contract, ...(nextContract ? [nextContract] : [])].flatMap((one) =>
    keysOf(one.contract),
  );
  const verified = verifyJws(jws, keys);
  if (typeof verified === "string") return refuse("bad-signature", `it ${verified}`);
  const signers = verified.signers.map((key) => key.text);
  const given = { instruction, signers, contract, nextContract };
  const result = takeInstruction(context.book, given, context.terms, context.time);
  return result.refused ? result : { ...result, instruction, contract: kept };
}

/** The instruction of a JWS whose signatures nobody has looked at, or what is wrong with it. */
export function instructionOfJws(jws: string): Instruction | string {
  const payload = payloadOf(jws);
  if (payload === null) return "it is no JWS with a payload (general JSON serialization)";
  return parseInstruction(payload);
}

/** The instructions that leaves hold, in their order; for `restoreLease`. */
export function instructionsOf(leaves: Iterable<Leaf>): {
  readonly instructions: readonly Instruction[];
  readonly problems: readonly string[];
} {
  const instructions: Instruction[] = [];
  const problems: string[] = [];
  for (const { typ, d, seq } of leaves) {
    if (typ !== "LEASE" && typ !== "OFFSET" && typ !== "SERVICE") continue;
    if (d.jws === undefined) continue;
    const instruction = instructionOfJws(d.jws);
    if (typeof instruction === "string") problems.push(`leaf ${seq}: ${instruction}`);
    else instructions.push(instruction);
  }
  return { instructions, problems };
}

interface Contracts {
  readonly contract: SignedContract;
  readonly nextContract: SignedContract | undefined;
  readonly kept: (ContractTexts & { readonly hash: string }) | null;
}

function contractsFor(
  instruction: Instruction,
  brought: ContractTexts | undefined,
  context: JudgeContext,
): Contracts | Refusal {
  if (brought && utf8(brought.text + brought.jws).length > CONTRACT_TEXT_BYTES_MAX) {
    const message = `a contract with its signatures has at most ${CONTRACT_TEXT_BYTES_MAX} bytes`;
    return refuse("too-large", message);
  }
  const kept = brought ? { ...brought, hash: contractHash(brought.text) } : null;
  const find = (hash: string): SignedContract | Refusal => {
    const texts = kept?.hash === hash ? kept : context.contractOf(hash);
    if (texts !== null) return signedContract(texts, hash, context);
    return refuse("unknown-contract", `the contract ${hash} is not known here; send it along`);
  };
  const contract = find(instruction.contract);
  if ("refused" in contract) return contract;
  if (instruction.kind !== "handover") return { contract, nextContract: undefined, kept };
  const nextContract = find(instruction.nextContract);
  return "refused" in nextContract ? nextContract : { contract, nextContract, kept };
}

function signedContract(
  { text, jws }: ContractTexts,
  hash: string,
  { readContract }: JudgeContext,
): SignedContract | Refusal {
  const contract = readContract(text);
  if (typeof contract === "string") return refuse("contract-invalid", contract);
  const verified = verifyJws(jws, keysOf(contract), utf8(text));
  if (typeof verified === "string") {
    return refuse("contract-unsigned", `what signs the contract ${contract.id} ${verified}`);
  }
  return { hash, contract, signers: verified.signers.map((key) => key.text) };
}

/** Keys of the two parties; a third party reads and witnesses, and instructs nobody. */
function keysOf({ parties }: Contract): readonly VerifierKey[] {
  const of = (party: Party) => party.keys.map(parseVerifierKey);
  return [...of(parties.lessor), ...of(parties.lessee)].filter((key) => typeof key !== "string");
}

function payloadOf(jws: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(jws);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || !("payload" in value)) return null;
  const bytes = typeof value.payload === "string" ? fromBase64Url(value.payload) : null;
  return bytes === null ? null : textOf(bytes);
}
