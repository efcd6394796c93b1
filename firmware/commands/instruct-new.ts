// `telltale instruct new`: writes what the parties are to sign.

import type { Contract } from "../../runtime/ledger/contract.ts";
import { contractHash, readContract } from "../../runtime/ledger/contract-file.ts";
import { CONTRACT_BYTES_MAX } from "../../runtime/ledger/contract-keys.ts";
import type { Instruction } from "../../runtime/ledger/instruction.ts";
import {
  INSTRUCTION_KINDS,
  type InstructionKind,
  instructionText,
  parseInstruction,
} from "../../runtime/ledger/instruction-payload.ts";
import { formatProblem } from "../../runtime/schema/problem.ts";
import { parseDuration } from "../../runtime/schema/schema.ts";
import { didYouMean } from "../../runtime/schema/suggest.ts";
import {
  isCount,
  REGISTER_NAMES,
  type RegisterName,
  ZERO_REGISTERS,
} from "../../runtime/usage/usage-state.ts";
import { randomId } from "../host/identity.ts";
import { badInput, readInput, writeOutput } from "./read-input.ts";
import { terminal } from "./terminal.ts";
import { currentSeconds } from "./witness-holder.ts";

export interface NewOptions {
  readonly contract: string;
  readonly lease?: string;
  readonly expires: string;
  readonly note?: string;
  readonly controller?: string;
  readonly register?: readonly string[];
  readonly nextContract?: string;
  readonly nextLease?: string;
  readonly reason?: string;
  readonly previous?: string;
  readonly service?: string;
  readonly countedBy?: string;
  readonly sha256?: string;
  readonly leaf?: string;
  readonly from?: string;
  readonly to?: string;
  readonly out?: string;
}

/** Which options belong to which kind, beside those of all. */
const OWN_OPTIONS = {
  register: [
    "delivery",
    "acceptance",
    "on-hire",
    "standby-begin",
    "standby-end",
    "off-hire",
    "return",
    "offset",
  ],
  nextContract: ["handover"],
  nextLease: ["handover"],
  reason: ["offset", "fault-begin", "fault-end"],
  previous: ["offset"],
  service: ["service-done"],
  countedBy: ["service-done"],
  sha256: ["assent-configuration", "assent-software"],
  leaf: ["assent-time-step"],
  from: ["assent-loss"],
  to: ["assent-loss"],
} as const satisfies Partial<Record<keyof NewOptions, readonly InstructionKind[]>>;

export function makeInstruction(kindWord: string, options: NewOptions): void {
  const kind = kindOf(kindWord);
  checkOptions(kind, options);
  const { contract, hash } = contractOf(options.contract);
  const issued = currentSeconds();
  const instruction = {
    v: 1,
    typ: "telltale.instruction",
    dev: options.controller ?? contract.machine.controller,
    id: randomId(),
    issued,
    expires: issued + lifetimeSeconds(options.expires),
    lease: options.lease ?? contract.id,
    contract: hash,
    ...(options.note === undefined ? {} : { note: options.note }),
    kind,
    ...saysOf(kind, options),
  } as Instruction;
  const text = instructionText(instruction);
  const read = parseInstruction(text);
  if (typeof read === "string") {
    throw badInput(`the instruction would be wrong: ${read}`, "correct the option of that name");
  }
  if (options.out === undefined) terminal.out(text);
  else writeOutput(options.out, `${text}\n`);
}

function saysOf(kind: InstructionKind, options: NewOptions): object {
  const { reason, service, sha256, previous } = options;
  switch (kind) {
    case "handover": {
      const file = needed(options.nextContract, "--next-contract");
      const { contract, hash } = contractOf(file);
      return { nextLease: options.nextLease ?? contract.id, nextContract: hash };
    }
    case "offset": {
      const read = needed(options.register, "--register");
      const registers = { ...ZERO_REGISTERS, ...registersOf(read) };
      return {
        reason: needed(reason, "--reason"),
        previousController: needed(previous, "--previous"),
        registers,
      };
    }
    case "fault-begin":
    case "fault-end":
      return { reason: needed(reason, "--reason") };
    case "service-done":
      return {
        service: needed(service, "--service"),
        register: needed(options.countedBy, "--counted-by"),
      };
    case "assent-configuration":
    case "assent-software":
      return { sha256: needed(sha256, "--sha256") };
    case "assent-time-step":
      return { leaf: Number(needed(options.leaf, "--leaf")) };
    case "assent-loss":
      return {
        from: Number(needed(options.from, "--from")),
        to: Number(needed(options.to, "--to")),
      };
    default:
      return options.register === undefined ? {} : { registers: registersOf(options.register) };
  }
}

function kindOf(word: string): InstructionKind {
  const kind = INSTRUCTION_KINDS.find((known) => known === word);
  if (kind !== undefined) return kind;
  const hint = didYouMean(word, INSTRUCTION_KINDS);
  const remedy = `the kinds are ${INSTRUCTION_KINDS.join(", ")}`;
  throw badInput(`there is no instruction "${word}"${hint}`, remedy);
}

function checkOptions(kind: InstructionKind, options: NewOptions): void {
  for (const [name, kinds] of Object.entries(OWN_OPTIONS)) {
    const value = options[name as keyof NewOptions];
    const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined;
    if (!isGiven || (kinds as readonly string[]).includes(kind)) continue;
    const word = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw badInput(`--${word} does not belong to ${kind}`, `it belongs to ${kinds.join(", ")}`);
  }
}

/** The contract of a file, and the hash by which instructions name it. */
export function contractOf(file: string): {
  readonly contract: Contract;
  readonly hash: string;
  readonly text: string;
} {
  const text = readInput(file, CONTRACT_BYTES_MAX, "name the contract's file");
  const read = readContract(text, file);
  if ("contract" in read) return { contract: read.contract, hash: contractHash(text), text };
  for (const problem of read.problems) terminal.error(formatProblem(problem));
  throw badInput(`${file} is no good contract`, "`telltale contract check FILE` says the same");
}

function registersOf(words: readonly string[]): Partial<Record<RegisterName, number>> {
  const registers: Partial<Record<RegisterName, number>> = {};
  for (const word of words) {
    const [name = "", value = ""] = word.split("=");
    const register = REGISTER_NAMES.find((known) => known === name);
    if (register === undefined) {
      const hint = didYouMean(name, REGISTER_NAMES);
      throw badInput(
        `--register ${word}: there is no register "${name}"${hint}`,
        "write NAME=VALUE",
      );
    }
    const count = /^\d+$/.test(value) && isCount(register) ? Number(value) : null;
    const read = isCount(register) ? count : parseDuration(value);
    if (read === null) {
      const remedy = isCount(register)
        ? "write a number of events, such as starts=120"
        : "write a time with its unit, such as working=1234.5h or idle=90min";
      throw badInput(`--register ${word}: the value cannot be read`, remedy);
    }
    registers[register] = read;
  }
  return registers;
}

function lifetimeSeconds(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms >= 1_000) return Math.floor(ms / 1_000);
  throw badInput(`--expires ${text}: not a time to live`, "write it like 7d or 36h");
}

function needed<Value>(value: Value | undefined, option: string): Value {
  if (value !== undefined) return value;
  throw badInput(`this instruction needs ${option}`, "`telltale instruct new --help` has examples");
}
