// The signed instructions of a statement: each by whom it binds, and the lease that the leaves name
// only ever changed by one of them. Assents are instructions too.

import { text } from "./bytes.ts";
import type { Instruction } from "./instruction.ts";
import { parseInstruction } from "./instruction-payload.ts";
import { instructionOfJws } from "./judge-instruction.ts";
import { verifyJws } from "./jws.ts";
import type { VerifierKey } from "./keys.ts";
import type { Leaf } from "./leaf.ts";
import { LEASE_RULES } from "./lease-rules.ts";
import type { Statement } from "./statement.ts";
import type { Answers, Place } from "./verdict.ts";
import type { Terms } from "./verify-contract.ts";
import { leavesOf, type StatementRecords } from "./verify-records.ts";

/** An instruction under the contract, and which parties have signed it. */
export interface SignedInstruction {
  readonly instruction: Instruction;
  readonly isLessors: boolean;
  readonly isLessees: boolean;
}

/** The instructions under this contract that stand on the ledger or came after it. */
export function readInstructions(
  { assents, controller }: Statement,
  records: StatementRecords,
  terms: Terms,
  answers: Answers,
): readonly SignedInstruction[] {
  const signed: SignedInstruction[] = [];
  for (const { index, leaf } of leavesOf(records)) {
    const jws = jwsOf(leaf);
    if (jws === undefined) continue;
    const where = { leaf: index, field: "d.jws" };
    const instruction = instructionOfJws(jws);
    if (typeof instruction === "string") {
      answers.failed("contract", { where, expected: "a signed instruction", found: instruction });
    } else if (isUnder(instruction, terms.hash)) {
      const read = readInstruction(jws, where, terms, controller, answers);
      if (read !== null) signed.push(read);
    }
  }
  for (const [position, jws] of assents.entries()) {
    const where = { field: `assents.${position}` };
    const read = readInstruction(jws, where, terms, controller, answers);
    if (read === null) continue;
    const { kind, contract } = read.instruction;
    if (kind.startsWith("assent-") && contract === terms.hash) signed.push(read);
    else answers.failed("contract", { where, expected: "an assent under it", found: kind });
  }
  return signed;
}

function isUnder(instruction: Instruction, hash: string): boolean {
  if (instruction.contract === hash) return true;
  return instruction.kind === "handover" && instruction.nextContract === hash;
}

/** The instruction that a leaf keeps as a general JWS. */
function jwsOf({ typ, d }: Leaf): string | undefined {
  return typ === "LEASE" || typ === "OFFSET" || typ === "SERVICE" ? d.jws : undefined;
}

function readInstruction(
  jws: string,
  where: Place,
  { keys, hash }: Terms,
  controller: string,
  answers: Answers,
): SignedInstruction | null {
  const verified = verifyJws(jws, [...keys.lessor, ...keys.lessee]);
  if (typeof verified === "string") {
    const found = `one that ${verified}`;
    answers.failed("contract", { where, expected: "a signed instruction", found });
    return null;
  }
  const payload = text(verified.payload);
  const instruction = payload === null ? "it is no text" : parseInstruction(payload);
  if (typeof instruction === "string") {
    answers.failed("contract", { where, expected: "an instruction", found: instruction });
    return null;
  }
  if (instruction.dev !== controller) {
    const expected = `an instruction for ${controller}`;
    answers.failed("another device", { where, expected, found: `one for ${instruction.dev}` });
  }
  // The other parties of a handover sign under their own contract, which is not at hand.
  if (verified.unknown > 0 && instruction.kind !== "handover") {
    const found = `${verified.unknown} by keys that the contract does not name`;
    answers.failed("contract", { where, expected: "signatures of the parties alone", found });
  }
  const hasSigned = (own: readonly VerifierKey[]) =>
    verified.signers.some((signer) => own.includes(signer));
  const signed = {
    instruction,
    isLessors: hasSigned(keys.lessor),
    isLessees: hasSigned(keys.lessee),
  };
  const missing = missingSignature(signed, hash);
  if (missing !== null) {
    const expected = `${instruction.kind} signed by ${missing}`;
    answers.failed("contract", { where, expected, found: "no such signature" });
  }
  return signed;
}

function missingSignature(
  { instruction, isLessors, isLessees }: SignedInstruction,
  hash: string,
): string | null {
  const { signedBy } = LEASE_RULES[instruction.kind];
  if (signedBy === "either") return isLessors || isLessees ? null : "one of the parties";
  if (!isLessors) return "the lessor";
  const needsLessee = signedBy !== "lessor" || instruction.contract !== hash;
  return needsLessee && !isLessees ? "the lessee" : null;
}

/** The lease that leaves name is what decides which hours are billed: only instructions move it. */
export function checkLease(
  { opening }: Statement,
  records: StatementRecords,
  { hash }: Terms,
  isLaterSegment: boolean,
  answers: Answers,
): void {
  let lease: Leaf["lease"];
  let contract: string | null = null;
  let isKnown = false;
  let isUnderContract = false;
  for (const { index, leaf } of leavesOf(records)) {
    const where = { leaf: index, field: "lease" };
    const jws = leaf.typ === "LEASE" ? leaf.d.jws : undefined;
    const instruction = jws === undefined ? "none" : instructionOfJws(jws);
    if (typeof instruction !== "string") {
      const next = leaseAfter(instruction);
      if (next !== null) {
        lease = next.lease;
        contract = next.contract;
        isKnown = true;
        isUnderContract ||= contract === hash;
      }
    }
    // Between the earlier leaves others are missing, and their lease is what they say themselves.
    if (index < opening.index) continue;
    const isSame = leaf.lease?.id === lease?.id && leaf.lease?.state === lease?.state;
    if (!isSame && (isKnown || !isLaterSegment || index > opening.index)) {
      answers.failed("contract", {
        where,
        expected: `${leaseText(lease)}, as the instructions say`,
        found: leaseText(leaf.lease),
        means: "Hours are billed to a hire, or kept out of it, without a signed instruction.",
      });
    }
    if (!isSame) lease = leaf.lease;
  }
  if (isUnderContract || answers.has("contract")) return;
  answers.warning("contract", {
    expected: `an instruction under the contract with the SHA-256 ${hash}`,
    found: "none on this part of the ledger",
    means: "No hire under this contract stands in the statement: check that the hours are yours.",
  });
}

function leaseAfter(
  instruction: Instruction,
): { readonly lease: NonNullable<Leaf["lease"]>; readonly contract: string } | null {
  const { to } = LEASE_RULES[instruction.kind];
  if (to === null) return null;
  if (instruction.kind !== "handover") {
    return { lease: { id: instruction.lease, state: to }, contract: instruction.contract };
  }
  return { lease: { id: instruction.nextLease, state: to }, contract: instruction.nextContract };
}

function leaseText(lease: Leaf["lease"]): string {
  return lease === undefined ? "no lease" : `lease ${lease.id} ${lease.state}`;
}
