// `get ocmf`: an OCMF record of a period, signed by the meter, which alone has the key. It signs
// nothing that is not on its ledger: who asks names a period and registers, and no figure.

import { Unanswerable } from "../../protocols/stream/source.ts";
import { toHex } from "../../runtime/ledger/bytes.ts";
import type { Signer } from "../../runtime/ledger/keys.ts";
import { ocmfOf } from "../../runtime/ledger/ocmf.ts";
import { ocmfEnds } from "../../runtime/ledger/ocmf-period.ts";
import type { LedgerReader } from "../../runtime/ledger/reader.ts";
import { STATE_REGISTERS, type StateRegister } from "../../runtime/usage/usage-state.ts";
import type { MachineIdentity } from "../machine-file/machine.ts";

export interface OcmfAnswer {
  /** `OCMF|payload|signature`. */
  readonly record: string;
  /** The key that signed it: SubjectPublicKeyInfo, hexadecimal. */
  readonly key: string;
}

export interface OcmfParts {
  readonly ledger: LedgerReader;
  readonly signer: Signer;
  readonly machine: MachineIdentity;
}

/** As JSON text. @throws Unanswerable */
export async function ocmfAnswer(
  { ledger, signer, machine }: OcmfParts,
  args: Readonly<Record<string, unknown>>,
): Promise<string> {
  const [from, to] = [instantOf(args, "from"), instantOf(args, "to")];
  const registers = registersOf(args["registers"]);
  const ends = await ocmfEnds(ledger, from, to);
  if (typeof ends === "string") throw new Unanswerable("unavailable", ends);
  const { origin } = await ledger.facts();
  const record = ocmfOf(
    {
      ...ends,
      registers,
      // What the machine's own register proves for a gap is no hour that this meter counted.
      substitutedMs: 0,
      machine: `${machine.maker} ${machine.model} ${machine.serialNumber}`,
      origin,
      offsetSeconds: () => 0,
    },
    signer,
  );
  const answer: OcmfAnswer = { record, key: toHex(signer.publicKey()) };
  return JSON.stringify(answer);
}

/** What JavaScript's dates can say. */
const INSTANT_MAX = 8_640_000_000_000_000;

function instantOf(args: Readonly<Record<string, unknown>>, name: string): number {
  const value = args[name];
  if (Number.isSafeInteger(value) && Math.abs(value as number) <= INSTANT_MAX) {
    return value as number;
  }
  throw new Unanswerable("bad-arguments", `"${name}" must be milliseconds since 1970`);
}

function registersOf(value: unknown): readonly StateRegister[] {
  const known: readonly unknown[] = STATE_REGISTERS;
  const fits =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((name) => known.includes(name)) &&
    new Set(value).size === value.length;
  if (fits) return value as readonly StateRegister[];
  const list = STATE_REGISTERS.join(", ");
  throw new Unanswerable("bad-arguments", `"registers" must be a list of ${list}, each once`);
}
