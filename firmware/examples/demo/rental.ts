// The demo's rental: a lessor and a lessee who live in the data directory, their signed contract,
// and what they say to the controller. Real parties keep their keys on machines of their own.

import { join } from "node:path";
import { utf8 } from "../../../runtime/ledger/bytes.ts";
import { cosign } from "../../../runtime/ledger/checkpoint.ts";
import type { ContractTexts } from "../../../runtime/ledger/commands.ts";
import { contractHash } from "../../../runtime/ledger/contract-file.ts";
import { EXAMPLE_CONTRACT, EXAMPLE_KEYS } from "../../../runtime/ledger/example-contract.ts";
import type { Instruction } from "../../../runtime/ledger/instruction.ts";
import { instructionText } from "../../../runtime/ledger/instruction-payload.ts";
import { signJws } from "../../../runtime/ledger/jws.ts";
import { type Signer, verifierKeyOf } from "../../../runtime/ledger/keys.ts";
import { addSignature } from "../../../runtime/ledger/note.ts";
import { ensureDirectory, writeFileAtomic } from "../../host/files.ts";
import { makePartyKey, readPartyKey } from "../../host/party-keys.ts";
import type { MachineIdentity } from "../../machine-file/machine.ts";

const CONTRACT_FILE = "contract.yaml";
const DAY_SECONDS = 86_400;

const PARTIES = {
  lessor: "nordwind.example",
  lessee: "hafenbau.example",
} as const;
type Role = keyof typeof PARTIES;
const ROLES = ["lessor", "lessee"] as const satisfies readonly Role[];

export interface RentalMachine {
  readonly controller: string;
  /** The device's verifier key. */
  readonly key: string;
  readonly identity: MachineIdentity;
}

export class DemoRental {
  readonly contract: ContractTexts;
  readonly #machine: RentalMachine;
  readonly #signers: Readonly<Record<Role, Signer>>;
  readonly #witnesses: Readonly<Record<Role, Signer>>;

  /** Makes the keys and the contract in the directory, and signs it for both. */
  constructor(directory: string, machine: RentalMachine) {
    ensureDirectory(directory);
    const keyOf = (role: string, name: string): Signer => {
      const file = join(directory, `${role}.pem`);
      makePartyKey(file, name, "ed25519");
      return readPartyKey(file).signer;
    };
    this.#machine = machine;
    this.#signers = {
      lessor: keyOf("lessor", PARTIES.lessor),
      lessee: keyOf("lessee", PARTIES.lessee),
    };
    this.#witnesses = {
      lessor: keyOf("lessor-witness", witnessName("lessor")),
      lessee: keyOf("lessee-witness", witnessName("lessee")),
    };
    const text = this.#contractText();
    const jws = this.#signed(utf8(text), true);
    this.contract = { text, jws };
    writeFileAtomic(join(directory, CONTRACT_FILE), text);
    writeFileAtomic(join(directory, `${CONTRACT_FILE}.jws`), `${jws}\n`);
  }

  /** An instruction about the lease, signed by both. */
  instruction(kind: "delivery" | "acceptance" | "on-hire", utc: number): string {
    const issued = Math.floor(utc / 1_000);
    const instruction: Instruction = {
      v: 1,
      typ: "telltale.instruction",
      dev: this.#machine.controller,
      id: `demo-${kind}`,
      issued,
      expires: issued + DAY_SECONDS,
      lease: "demo-rental",
      contract: contractHash(this.contract.text),
      kind,
    };
    return this.#signed(utf8(instructionText(instruction)), false);
  }

  /** The checkpoint with the cosignatures of both witnesses. */
  cosigned(note: string, utc: number): string {
    return ROLES.reduce((signed, role) => {
      const line = cosign(note, witnessName(role), this.#witnesses[role], Math.floor(utc / 1_000));
      return addSignature(signed, line);
    }, note);
  }

  close(): void {
    for (const role of ROLES) {
      this.#signers[role].close();
      this.#witnesses[role].close();
    }
  }

  #signed(bytes: Uint8Array, detached: boolean): string {
    const first = signJws(bytes, this.#signers.lessor, undefined, { detached });
    return signJws(bytes, this.#signers.lessee, first, { detached });
  }

  /** The example of the documentation, with this machine and these keys in it. */
  #contractText(): string {
    const { controller, key, identity } = this.#machine;
    const changes: readonly (readonly [from: string | RegExp, to: string])[] = [
      [EXAMPLE_KEYS.device, key],
      [EXAMPLE_KEYS.lessor, verifierKeyOf(PARTIES.lessor, this.#signers.lessor).text],
      [EXAMPLE_KEYS.lessee, verifierKeyOf(PARTIES.lessee, this.#signers.lessee).text],
      [EXAMPLE_KEYS.lessorWitness, witnessKey("lessor", this.#witnesses.lessor)],
      [EXAMPLE_KEYS.lesseeWitness, witnessKey("lessee", this.#witnesses.lessee)],
      [/^ {2}maker: .*$/m, `  maker: ${JSON.stringify(identity.maker)}`],
      [/^ {2}model: .*$/m, `  model: ${JSON.stringify(identity.model)}`],
      [/^ {2}serialNumber: .*$/m, `  serialNumber: ${JSON.stringify(identity.serialNumber)}`],
      [/^ {2}controller: .*$/m, `  controller: ${controller}`],
    ];
    return changes.reduce((text, [from, to]) => text.replace(from, to), EXAMPLE_CONTRACT);
  }
}

function witnessName(role: Role): string {
  return `${PARTIES[role]}/witness`;
}

function witnessKey(role: Role, signer: Signer): string {
  return verifierKeyOf(witnessName(role), signer, "cosignature").text;
}
