// `telltale key`: the key of a party or its witness, and the verifier keys that go into a contract.

import { type Command, Option } from "commander";
import {
  type KeyAlgorithm,
  type Signer,
  thumbprint,
  verifierKeyOf,
} from "../../runtime/ledger/keys.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { checkKeyName, makePartyKey, readPartyKey } from "../host/party-keys.ts";
import { terminal } from "./terminal.ts";

const NEW_HELP = `
The file holds the private key (PKCS#8 PEM, readable by you alone). Whoever has it signs for you:
keep it on a machine of yours and a copy of it in a safe place. A contract holds the verifier key.

Example:
  telltale key new lessor.pem --name nordwind.example`;

const SHOW_HELP = `
A key that openssl made has no name; give it one with --name, and always the same.

Examples:
  telltale key show lessor.pem
  telltale key show lessor.pem --json
  openssl genpkey -algorithm ed25519 -out own.pem && telltale key show own.pem --name firm.example`;

interface KeyOptions {
  readonly name?: string;
  readonly algorithm: KeyAlgorithm;
  readonly json?: true;
}

export function registerKey(program: Command): void {
  const key = program.command("key").description("keys of parties and witnesses: make and show");
  key
    .command("new")
    .description("make a private key and print its verifier keys")
    .argument("<file>", "the file to write; one that exists is never overwritten")
    .requiredOption("--name <name>", "what the key is called, such as your domain")
    .addOption(
      new Option("--algorithm <name>", "kind of key; a witness needs ed25519")
        .choices(["ed25519", "p256"])
        .default("ed25519"),
    )
    .option("--json", "print one JSON object instead of lines")
    .addHelpText("after", NEW_HELP)
    .action((file: string, options: KeyOptions & { readonly name: string }) => {
      makePartyKey(file, options.name, options.algorithm);
      show(file, options);
    });
  key
    .command("show")
    .description("print the verifier keys of a private key")
    .argument("<file>", "the private key (PEM)")
    .option("--name <name>", "what the key is called, where the file does not say")
    .option("--json", "print one JSON object instead of lines")
    .addHelpText("after", SHOW_HELP)
    .action((file: string, options: KeyOptions) => show(file, options));
}

function show(file: string, options: KeyOptions): void {
  const { signer, name, openToOthers } = readPartyKey(file);
  if (openToOthers) terminal.error(`warning: others may read ${file}; chmod 600 ${file}`);
  const described = describeKey(signer, nameOf(file, name, options.name));
  signer.close();
  if (options.json === true) {
    terminal.out(JSON.stringify(described, null, 2));
    return;
  }
  const { verifierKey, cosignatureKey } = described;
  terminal.out(`name             ${described.name}`);
  terminal.out(`algorithm        ${described.algorithm}`);
  terminal.out(`verifier key     ${verifierKey}`);
  if (cosignatureKey) terminal.out(`cosignature key  ${cosignatureKey}`);
  terminal.out(`thumbprint       ${described.thumbprint}`);
}

function nameOf(file: string, own: string | null, given: string | undefined): string {
  if (given !== undefined) checkKeyName(given);
  if (own !== null && given !== undefined && own !== given) {
    const message = `the key in ${file} is called ${own}, not ${given}`;
    throw new Fault("SETTING_INVALID", message, "Leave --name out, or change it in the file.");
  }
  const name = own ?? given;
  if (name !== undefined) return name;
  const remedy = "Give it one with --name, such as your domain.";
  throw new Fault("SETTING_INVALID", `the key in ${file} has no name`, remedy);
}

interface DescribedKey {
  readonly name: string;
  readonly algorithm: KeyAlgorithm;
  /** For `keys` of a party. */
  readonly verifierKey: string;
  /** For `witness` of a party. */
  readonly cosignatureKey?: string;
  readonly thumbprint: string;
}

function describeKey(signer: Signer, name: string): DescribedKey {
  const { algorithm } = signer;
  const described = {
    name,
    algorithm,
    verifierKey: verifierKeyOf(name, signer).text,
    thumbprint: thumbprint(algorithm, signer.publicKey()),
  };
  if (algorithm !== "ed25519") return described;
  return { ...described, cosignatureKey: verifierKeyOf(name, signer, "cosignature").text };
}
