// For tests: a lessor, two lessees and their contracts about one controller, and instructions that
// they sign. The keys are the same in each run.

import { utf8 } from "../ledger/bytes.ts";
import { canonicalJson } from "../ledger/canonical-json.ts";
import type { ContractTexts } from "../ledger/commands.ts";
import type { Contract } from "../ledger/contract.ts";
import { contractHash } from "../ledger/contract-file.ts";
import type { Instruction } from "../ledger/instruction.ts";
import { type InstructionKind, instructionText } from "../ledger/instruction-payload.ts";
import { signJws } from "../ledger/jws.ts";
import { type Signer, softwareSigner, verifierKeyOf } from "../ledger/keys.ts";
import { ZERO_REGISTERS } from "../usage/usage-state.ts";

export interface TestParty {
  readonly signer: Signer;
  /** Its verifier key. */
  readonly key: string;
}

export const CONTROLLER = "c".repeat(32);

function party(name: string, fill: number, algorithm: "ed25519" | "p256" = "ed25519"): TestParty {
  const signer = softwareSigner(algorithm, new Uint8Array(32).fill(fill));
  return { signer, key: verifierKeyOf(name, signer).text };
}

export const PARTIES = {
  lessor: party("lessor.example", 1),
  lessee: party("lessee.example", 2, "p256"),
  nextLessee: party("next.example", 3),
  stranger: party("stranger.example", 4),
  device: party(`telltale/usage/${CONTROLLER}`, 5),
} as const;
export type PartyName = keyof typeof PARTIES;

export function leaseContract(
  id: string,
  lessee: TestParty,
  change: Partial<Contract> = {},
): Contract {
  return {
    version: 1,
    id,
    parties: {
      lessor: { name: "Lessor", keys: [PARTIES.lessor.key] },
      lessee: { name: "Lessee", keys: [lessee.key] },
    },
    machine: {
      maker: "Example",
      model: "Press",
      serialNumber: "1",
      controller: CONTROLLER,
      key: PARTIES.device.key,
      software: [],
      configurations: [],
    },
    zone: "Europe/Berlin",
    shifts: [],
    billing: { registers: ["working"], included: {}, rates: [{ name: "all", perHourMinor: 100 }] },
    rounding: { stepMs: 1, way: "down" },
    currency: { code: "EUR", decimals: 2 },
    unknown: "free",
    badlyTimed: "cheapest",
    substitutes: "refused",
    lossBoundMs: 3_600_000,
    witnessAgeMaxMs: 86_400_000,
    ...change,
  };
}

/** The contract's text and the signatures of these under it. */
export function contractTexts(contract: Contract, signers: readonly TestParty[]): ContractTexts {
  const text = canonicalJson(contract);
  return { text, jws: signedBy(utf8(text), signers, { detached: true }) };
}

export const CONTRACT = leaseContract("A-1", PARTIES.lessee);
export const NEXT_CONTRACT = leaseContract("B-1", PARTIES.nextLessee);
export const CONTRACT_TEXTS = contractTexts(CONTRACT, [PARTIES.lessor, PARTIES.lessee]);
export const NEXT_TEXTS = contractTexts(NEXT_CONTRACT, [PARTIES.lessor, PARTIES.nextLessee]);

/** 2026-01-01T00:00:00Z. */
export const ISSUED = 1_767_225_600;

/** What an instruction of each kind says beside its head. */
const SAYS: Readonly<Partial<Record<InstructionKind, object>>> = {
  handover: { nextLease: "lease-2", nextContract: contractHash(NEXT_TEXTS.text) },
  offset: {
    reason: "the controller was replaced",
    previousController: "d".repeat(32),
    registers: { ...ZERO_REGISTERS, working: 3_600_000 },
  },
  "fault-begin": { reason: "hydraulic leak" },
  "fault-end": { reason: "mended" },
  "service-done": { service: "oil", register: "working" },
  "assent-configuration": { sha256: "a".repeat(64) },
  "assent-software": { sha256: "b".repeat(64) },
  "assent-time-step": { leaf: 7 },
  "assent-loss": { from: 1, to: 2 },
};

export function instruction(kind: InstructionKind, change: object = {}): Instruction {
  return {
    v: 1,
    typ: "telltale.instruction",
    dev: CONTROLLER,
    id: `id-${kind}`,
    issued: ISSUED,
    expires: ISSUED + 7 * 86_400,
    lease: "lease-1",
    contract: contractHash(CONTRACT_TEXTS.text),
    kind,
    ...SAYS[kind],
    ...change,
  } as Instruction;
}

export function instructionJws(value: Instruction, signers: readonly TestParty[]): string {
  return signedBy(utf8(instructionText(value)), signers);
}

function signedBy(
  payload: Uint8Array,
  signers: readonly TestParty[],
  options: { readonly detached?: boolean } = {},
): string {
  let jws: string | undefined;
  for (const { signer } of signers) jws = signJws(payload, signer, jws, options);
  if (jws === undefined) throw new RangeError("somebody has to sign");
  return jws;
}
