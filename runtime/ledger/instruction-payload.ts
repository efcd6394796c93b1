// The payload of an instruction: canonical JSON in, the instruction out, or what is wrong with it.

import { type Schema, schema } from "../schema/schema.ts";
import { REGISTER_NAMES, type Registers } from "../usage/usage-state.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { Instruction } from "./instruction.ts";

/** Registers, names and a note fit in a fraction of it; a leaf has 16 KiB. In characters. */
const INSTRUCTION_TEXT_MAX = 4 * 1024;
/** One that lies about must not act years later. In seconds. */
const LIFETIME_SECONDS_MAX = 400 * 86_400;

export const INSTRUCTION_KINDS = [
  "delivery",
  "acceptance",
  "on-hire",
  "standby-begin",
  "standby-end",
  "off-hire",
  "return",
  "handover",
  "offset",
  "fault-begin",
  "fault-end",
  "service-done",
  "assent-configuration",
  "assent-software",
  "assent-time-step",
  "assent-loss",
] as const satisfies readonly Instruction["kind"][];
export type InstructionKind = Instruction["kind"];

const count = schema.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const hash = schema.string().regex(/^[0-9a-f]{64}$/);
/** It stands in leaves and statements, and in file names of the parties. */
const name = schema.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/);
const words = schema.string().min(1).max(500);

const head = {
  v: schema.literal(1),
  typ: schema.literal("telltale.instruction"),
  dev: name,
  id: name,
  issued: count,
  expires: count,
  lease: name,
  contract: hash,
  note: words.exactOptional(),
} as const;

const registers = schema.strictObject(
  Object.fromEntries(REGISTER_NAMES.map((key) => [key, count])) as Record<
    keyof Registers,
    typeof count
  >,
);
const someRegisters = registers.partial();

const life = [
  "delivery",
  "acceptance",
  "on-hire",
  "standby-begin",
  "standby-end",
  "off-hire",
  "return",
] as const;

const instruction = schema.discriminatedUnion("kind", [
  schema.strictObject({
    ...head,
    kind: schema.enum(life),
    registers: someRegisters.exactOptional(),
  }),
  schema.strictObject({
    ...head,
    kind: schema.literal("handover"),
    nextLease: name,
    nextContract: hash,
  }),
  schema.strictObject({
    ...head,
    kind: schema.literal("offset"),
    reason: words,
    previousController: name,
    registers,
  }),
  schema.strictObject({ ...head, kind: schema.enum(["fault-begin", "fault-end"]), reason: words }),
  schema.strictObject({
    ...head,
    kind: schema.literal("service-done"),
    service: words,
    register: schema.enum(REGISTER_NAMES),
  }),
  schema.strictObject({
    ...head,
    kind: schema.enum(["assent-configuration", "assent-software"]),
    sha256: hash,
  }),
  schema.strictObject({ ...head, kind: schema.literal("assent-time-step"), leaf: count }),
  schema.strictObject({ ...head, kind: schema.literal("assent-loss"), from: count, to: count }),
]) as unknown as Schema<Instruction>;

/** What is signed. */
export function instructionText(value: Instruction): string {
  return canonicalJson(value);
}

/** The instruction of a payload, or one sentence that says what is wrong with it. */
export function parseInstruction(text: string): Instruction | string {
  if (text.length > INSTRUCTION_TEXT_MAX) {
    return `it has more than ${INSTRUCTION_TEXT_MAX} characters`;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is no JSON";
  }
  const parsed = instruction.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    return `${path.join(".") || "it"}: ${message}`;
  }
  const { data } = parsed;
  if (data.expires < data.issued) return "expires: it is before issued";
  if (data.expires - data.issued > LIFETIME_SECONDS_MAX) {
    return "expires: an instruction is good for 400 days at most";
  }
  if (data.kind === "assent-loss" && data.to < data.from) return "to: it is before from";
  // Another text for the same instruction would be a second thing that was signed.
  return instructionText(data) === text ? data : "its text is not canonical JSON";
}
