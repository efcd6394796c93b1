// What the instructions of one ledger have led to: the newest lease, a person's word that the
// machine cannot work, and which instructions were taken, so that none acts twice. The leaves are
// the only memory: the same instructions in the same order always lead to the same book.

import type { RegisterName, Registers } from "../usage/usage-state.ts";
import { sha256Hex } from "./bytes.ts";
import type { LeaseStanding } from "./commands.ts";
import type { Instruction } from "./instruction.ts";
import { type InstructionKind, instructionText } from "./instruction-payload.ts";
import type { LeafType, LeaseState } from "./leaf.ts";
import { LEASE_RULES, OF_ANY_LEASE, RUNNING_STATES } from "./lease-rules.ts";

/** In the life of one ledger: at one a day, more than a century. Each has a leaf and an entry. */
const INSTRUCTIONS_MAX = 50_000;

/** Everything that the instructions of one ledger have led to. */
export interface LeaseBook {
  /** The newest lease, also when it is over; null before the first. */
  readonly lease: LeaseStanding | null;
  /** Every lease there ever was, with the hash of its contract. */
  readonly leases: ReadonlyMap<string, string>;
  /** Id of every instruction that was taken, with the SHA-256 of its payload. */
  readonly taken: ReadonlyMap<string, string>;
  /** The instruction by which a person says that the machine cannot work. */
  readonly fault: string | null;
  /** Controllers whose registers this one continues. */
  readonly previousControllers: ReadonlySet<string>;
}

export const EMPTY_LEASE_BOOK: LeaseBook = {
  lease: null,
  leases: new Map(),
  taken: new Map(),
  fault: null,
  previousControllers: new Set(),
};

/** What the meter has to do, besides writing the leaf. */
export type LeaseEffect =
  /** The lease that the leaves name from now on, and a checkpoint: a contract's boundary. */
  | { readonly kind: "lease"; readonly id: string; readonly state: LeaseState }
  /** `instruction:ID` says FAULT; null: no person says so any more. */
  | { readonly kind: "fault"; readonly source: string | null }
  | { readonly kind: "service-done"; readonly service: string; readonly register: RegisterName }
  | {
      readonly kind: "offset";
      readonly previousController: string;
      readonly registers: Registers;
    };

export type RefusalCode =
  | "malformed"
  | "too-large"
  | "wrong-device"
  | "unknown-contract"
  | "wrong-contract"
  | "contract-invalid"
  | "contract-unsigned"
  | "lessor-not-pinned"
  | "bad-signature"
  | "not-signed"
  | "expired"
  | "wrong-lease"
  | "out-of-order"
  | "id-used"
  | "too-many"
  /** Of a cosignature: no witness of this machine, or of no checkpoint of this ledger. */
  | "unknown-witness"
  | "unknown-checkpoint"
  /** The ledger cannot take anything now. */
  | "unavailable";

export interface Refusal {
  readonly refused: true;
  readonly code: RefusalCode;
  /** One sentence. */
  readonly message: string;
}

export interface Taken {
  readonly refused: false;
  /** It was taken before: nothing changes and nothing is to be done. */
  readonly repeated: boolean;
  readonly next: LeaseBook;
  /** Where the instruction's JWS is kept. */
  readonly leaf: Extract<LeafType, "LEASE" | "OFFSET" | "SERVICE">;
  readonly effects: readonly LeaseEffect[];
}

export function refuse(code: RefusalCode, message: string): Refusal {
  return { refused: true, code, message };
}

/** The same instruction again is no mistake: whoever sent it may not have heard the answer. */
export function alreadyTaken(book: LeaseBook, instruction: Instruction): Taken | Refusal | null {
  const before = book.taken.get(instruction.id);
  if (before === undefined) return null;
  if (before !== payloadHash(instruction)) {
    return refuse("id-used", `another instruction with the id ${instruction.id} was taken before`);
  }
  return { refused: false, repeated: true, next: book, leaf: "LEASE", effects: [] };
}

/** Whether it may follow what was taken before. */
export function problemOfOrder(book: LeaseBook, instruction: Instruction): Refusal | null {
  const { kind, lease, contract } = instruction;
  if (book.taken.size >= INSTRUCTIONS_MAX) {
    return refuse("too-many", `this ledger takes ${INSTRUCTIONS_MAX} instructions and has them`);
  }
  const now = book.lease;
  const state = now?.state ?? "none";
  if (!LEASE_RULES[kind].from.includes(state)) {
    const where = now === null ? "there is no lease" : `the lease ${now.id} is ${state}`;
    return refuse("out-of-order", `${where}; ${article(kind)} cannot follow`);
  }
  if (kind === "delivery") return problemOfNewLease(book, lease);
  if (kind === "offset") {
    const problem = problemOfOffset(book, instruction);
    // Where nobody has the machine on lease, any contract about it names who may sign.
    if (problem !== null || !isRunning(state)) return problem;
  }
  const known = OF_ANY_LEASE.has(kind) ? book.leases.get(lease) : undefined;
  const hash = known ?? (lease === now?.id ? now.contract : undefined);
  if (hash === undefined) {
    return refuse("wrong-lease", `it is about the lease ${lease}; the newest is ${now?.id}`);
  }
  if (hash !== contract) {
    return refuse("wrong-contract", `the lease ${lease} is under another contract`);
  }
  if (kind === "handover") return problemOfNewLease(book, instruction.nextLease);
  if (kind === "fault-begin" && book.fault !== null) {
    return refuse("out-of-order", `a person says so already (instruction ${book.fault})`);
  }
  if (kind === "fault-end" && book.fault === null) {
    return refuse("out-of-order", "no person says that the machine cannot work");
  }
  return null;
}

function isRunning(state: string): boolean {
  return (RUNNING_STATES as readonly string[]).includes(state);
}

function problemOfNewLease(book: LeaseBook, id: string): Refusal | null {
  if (!book.leases.has(id)) return null;
  return refuse("wrong-lease", `there was a lease ${id} before; a new one needs a new name`);
}

/** One offset for each controller that was replaced: a second one would add its hours twice. */
function problemOfOffset(
  book: LeaseBook,
  { dev, previousController }: Extract<Instruction, { readonly kind: "offset" }>,
): Refusal | null {
  if (previousController === dev) {
    return refuse("out-of-order", "a controller does not continue itself");
  }
  if (!book.previousControllers.has(previousController)) return null;
  return refuse("out-of-order", `the registers of ${previousController} are continued already`);
}

interface Draft extends LeaseBook {
  lease: LeaseStanding | null;
  readonly leases: Map<string, string>;
  readonly taken: Map<string, string>;
  fault: string | null;
  readonly previousControllers: Set<string>;
}

function draftOf(book: LeaseBook): Draft {
  return {
    lease: book.lease,
    leases: new Map(book.leases),
    taken: new Map(book.taken),
    fault: book.fault,
    previousControllers: new Set(book.previousControllers),
  };
}

/** What it leads to, without asking whether it may. */
function apply(draft: Draft, instruction: Instruction): void {
  const { kind, id } = instruction;
  draft.taken.set(id, payloadHash(instruction));
  if (kind === "fault-begin") draft.fault = id;
  else if (kind === "fault-end") draft.fault = null;
  else if (kind === "offset") draft.previousControllers.add(instruction.previousController);
  const { to } = LEASE_RULES[kind];
  if (to === null) return;
  const [lease, contract] =
    kind === "handover"
      ? [instruction.nextLease, instruction.nextContract]
      : [instruction.lease, instruction.contract];
  draft.lease = { id: lease, contract, state: to };
  draft.leases.set(lease, contract);
}

function effectsOf(after: LeaseBook, instruction: Instruction): readonly LeaseEffect[] {
  const { kind } = instruction;
  switch (kind) {
    case "fault-begin":
      return [{ kind: "fault", source: `instruction:${instruction.id}` }];
    case "fault-end":
      return [{ kind: "fault", source: null }];
    case "offset": {
      const { previousController, registers } = instruction;
      return [{ kind, previousController, registers }];
    }
    case "service-done": {
      const { service, register } = instruction;
      return [{ kind, service, register }];
    }
    default: {
      if (LEASE_RULES[kind].to === null) return [];
      const { id, state } = after.lease!;
      return [{ kind: "lease", id, state }];
    }
  }
}

/**
 * The book that a ledger's instructions lead to, oldest first. They were judged when they were
 * taken; here each is followed, and what the table does not allow is told as a problem.
 */
export function restoreLease(
  instructions: readonly Instruction[],
  before: LeaseBook = EMPTY_LEASE_BOOK,
): { readonly book: LeaseBook; readonly problems: readonly string[] } {
  const draft = draftOf(before);
  const problems: string[] = [];
  for (const instruction of instructions) {
    const repeated = alreadyTaken(draft, instruction);
    const problem = repeated?.refused ? repeated : problemOfOrder(draft, instruction);
    if (repeated && !repeated.refused) problems.push(`${instruction.id}: it was taken twice`);
    else if (problem !== null) problems.push(`${instruction.id}: ${problem.message}`);
    apply(draft, instruction);
  }
  return { book: draft, problems };
}

/** The book after it, and what it brings about; whether it may be taken was asked before. */
export function taken(book: LeaseBook, instruction: Instruction): Taken {
  const draft = draftOf(book);
  apply(draft, instruction);
  const leaf =
    instruction.kind === "offset"
      ? "OFFSET"
      : instruction.kind === "service-done"
        ? "SERVICE"
        : "LEASE";
  return {
    refused: false,
    repeated: false,
    next: draft,
    leaf,
    effects: effectsOf(draft, instruction),
  };
}

function payloadHash(instruction: Instruction): string {
  return sha256Hex(instructionText(instruction));
}

/** `a delivery`, `an off-hire`. */
export function article(kind: InstructionKind): string {
  return /^[aeio]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}
