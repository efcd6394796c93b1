// What `telltale instruct sign`, `show` and `send` do.

import { durationText } from "../../runtime/ledger/amounts.ts";
import { utf8 } from "../../runtime/ledger/bytes.ts";
import type { Outcome } from "../../runtime/ledger/commands.ts";
import type { Contract } from "../../runtime/ledger/contract.ts";
import type { Instruction } from "../../runtime/ledger/instruction.ts";
import { instructionText, parseInstruction } from "../../runtime/ledger/instruction-payload.ts";
import { instructionOfJws } from "../../runtime/ledger/judge-instruction.ts";
import { JWS_LENGTH_MAX, signJws, verifyJws } from "../../runtime/ledger/jws.ts";
import { parseVerifierKey } from "../../runtime/ledger/keys.ts";
import { LEASE_RULES, type Signatories } from "../../runtime/ledger/lease-rules.ts";
import { COUNT_REGISTERS, type RegisterName } from "../../runtime/usage/usage-state.ts";
import { readPartyKey } from "../host/party-keys.ts";
import { contractOf } from "./instruct-new.ts";
import { commandInstance, connectLocally } from "./local-reader.ts";
import { badInput, readInput, replaceOutput } from "./read-input.ts";
import { EXIT, terminal } from "./terminal.ts";

const WHO_SIGNS: Readonly<Record<Signatories, string>> = {
  lessor: "the lessor",
  both: "the lessor and the lessee",
  either: "the lessor or the lessee",
  "both-and-next-lessee": "the lessor, the lessee and the next lessee",
};

interface InstructionFile {
  readonly instruction: Instruction;
  /** Null where nobody has signed yet. */
  readonly jws: string | null;
}

function readInstruction(file: string): InstructionFile {
  const remedy = "name the file that `telltale instruct new` wrote";
  const text = readInput(file, JWS_LENGTH_MAX, remedy).trim();
  const isJws = text.includes('"signatures"') && text.includes('"payload"');
  const instruction = isJws ? instructionOfJws(text) : parseInstruction(text);
  if (typeof instruction !== "string") return { instruction, jws: isJws ? text : null };
  throw badInput(`${file} is no instruction: ${instruction}`, remedy);
}

export function signInstruction(file: string, options: { readonly key: string }): void {
  const { instruction, jws } = readInstruction(file);
  const { signer, name, openToOthers } = readPartyKey(options.key);
  if (openToOthers) terminal.error(`warning: others may read ${options.key}; chmod 600 it`);
  const signed = signJws(utf8(instructionText(instruction)), signer, jws ?? undefined);
  replaceOutput(file, `${signed}\n`);
  for (const line of wordsOf(instruction)) terminal.out(line);
  terminal.out(`signed     with the key of ${name ?? options.key}`);
}

export interface ShowOptions {
  readonly contract?: string;
  readonly nextContract?: string;
}

export function showInstruction(file: string, options: ShowOptions): void {
  const { instruction, jws } = readInstruction(file);
  for (const line of wordsOf(instruction)) terminal.out(line);
  const count = jws === null ? 0 : (JSON.parse(jws) as { signatures: [] }).signatures.length;
  if (jws === null || options.contract === undefined) {
    terminal.out(`signatures ${count}${count === 0 ? "" : "; --contract verifies them"}`);
    return;
  }
  const files = [options.contract, ...(options.nextContract ? [options.nextContract] : [])];
  const contracts = files.map((one) => contractOf(one));
  if (contracts[0]!.hash !== instruction.contract) {
    throw badInput(`${options.contract} is not the contract that it names`, "name the right one");
  }
  const keys = contracts.flatMap(({ contract }) => keysOf(contract));
  const verified = verifyJws(
    jws,
    keys.map(({ key }) => key),
  );
  if (typeof verified === "string") throw badInput(`${file} ${verified}`, "have it signed anew");
  for (const signer of verified.signers) {
    const { role } = keys.find(({ key }) => key === signer)!;
    terminal.out(`signed     by the ${role}, ${signer.name}`);
  }
}

function keysOf({ parties }: Contract) {
  return (["lessor", "lessee"] as const).flatMap((role) =>
    parties[role].keys.flatMap((text) => {
      const key = parseVerifierKey(text);
      return typeof key === "string" ? [] : [{ role, key }];
    }),
  );
}

/** What somebody is about to sign, in words. */
function wordsOf(instruction: Instruction): readonly string[] {
  const { kind, lease, dev, id, issued, expires, contract, note, v, typ, ...rest } = instruction;
  const { from, to, signedBy } = LEASE_RULES[kind];
  const day = (seconds: number) => new Date(seconds * 1_000).toISOString();
  const rows: readonly (readonly [string, string])[] = [
    ["kind", to === null ? kind : `${kind}: the lease becomes ${to} (after ${from.join(", ")})`],
    ["lease", `${lease}, under the contract ${contract}`],
    ["controller", dev],
    ...Object.entries(rest).map(([name, value]) => [name, valueText(name, value)] as const),
    ...(note === undefined ? [] : [["note", note] as const]),
    ["issued", `${day(issued)}, good until ${day(expires)}`],
    ["id", id],
    ["to sign", WHO_SIGNS[signedBy]],
  ];
  return rows.map(([name, value]) => `${name.padEnd(10)} ${value}`);
}

/** People sign what they read: registers stand there as they are read off, not in milliseconds. */
function valueText(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (name !== "registers") return JSON.stringify(value);
  const counts: readonly string[] = COUNT_REGISTERS;
  return Object.entries(value as Partial<Record<RegisterName, number>>)
    .map(
      ([register, held]) => `${register} ${counts.includes(register) ? held : durationText(held)}`,
    )
    .join(", ");
}

export interface SendOptions {
  readonly contract?: string;
  readonly data?: string;
  readonly url?: string;
  readonly json?: true;
}

export async function sendInstruction(file: string, options: SendOptions): Promise<void> {
  const { jws } = readInstruction(file);
  if (jws === null) throw badInput(`${file} is not signed`, "`telltale instruct sign` signs it");
  const contract = options.contract === undefined ? undefined : signedTexts(options.contract);
  const reader = await connectLocally(options);
  try {
    const args = { jws, ...(contract ? { contract } : {}) };
    const outcome = (await commandInstance(reader, "instruct", args)) as Outcome;
    if (options.json) terminal.out(JSON.stringify(outcome));
    else if (outcome.result === "taken") terminal.out(takenLine(outcome));
    else terminal.error(`refused: ${outcome.message} (${outcome.code})`);
    if (outcome.result === "refused") process.exitCode = EXIT.failed;
  } finally {
    reader.client.close();
  }
}

function signedTexts(file: string): { readonly text: string; readonly jws: string } {
  const { text } = contractOf(file);
  const remedy = `have both parties sign it: telltale sign ${file} --key KEY`;
  const jws = readInput(`${file}.jws`, JWS_LENGTH_MAX, remedy).trim();
  return { text, jws };
}

function takenLine({ repeated, lease, leaf }: Extract<Outcome, { result: "taken" }>): string {
  const where = lease === null ? "there is no lease" : `the lease ${lease.id} is ${lease.state}`;
  if (repeated) return `taken before; ${where}`;
  return `taken${leaf === undefined ? "" : ` as leaf ${leaf}`}; ${where}`;
}
