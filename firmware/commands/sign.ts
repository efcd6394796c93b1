// `telltale sign`: a party's signature under a file, detached, so that the file stays as it is.

import type { Command } from "commander";
import { jwsProblem, signJws } from "../../runtime/ledger/jws.ts";
import { type Signer, thumbprint } from "../../runtime/ledger/keys.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import {
  contractIn,
  keysOf,
  readBytes,
  readSignatures,
  signaturesOf,
} from "../contract/contract-files.ts";
import { writeFileAtomic } from "../host/files.ts";
import { readPartyKey } from "../host/party-keys.ts";
import { terminal } from "./terminal.ts";

/** As large as the largest statement. */
const SIGNED_BYTES_MAX = 64 * 1024 * 1024;

const HELP = `
The signature (JWS, RFC 7515) is of the file's exact bytes: a changed space is another file. Who
signs second adds to the first signature. Read a contract with \`telltale contract check\` before.

Example:
  telltale sign contract.yaml --key lessor.pem`;

interface SignOptions {
  readonly key: string;
  readonly out?: string;
}

export function registerSign(program: Command): void {
  program
    .command("sign")
    .description("sign a contract or another file, beside it")
    .argument("<file>", "what is signed")
    .requiredOption("--key <file>", "the private key, as `telltale key new` makes it")
    .option("--out <file>", "where the signatures stand (default: FILE.jws)")
    .addHelpText("after", HELP)
    .action((file: string, options: SignOptions) => runSign(file, options));
}

function runSign(file: string, { key, out = `${file}.jws` }: SignOptions): void {
  const bytes = readBytes(file, SIGNED_BYTES_MAX);
  const existing = readSignatures(out);
  if (existing !== null) checkExisting(file, bytes, out, existing);
  const { signer, openToOthers } = readPartyKey(key);
  if (openToOthers) terminal.error(`warning: others may read ${key}; chmod 600 ${key}`);
  const jws = added(out, bytes, signer, existing);
  const who = roleOf(bytes, signer);
  signer.close();
  try {
    writeFileAtomic(out, `${jws}\n`);
  } catch (cause) {
    const message = `${out} cannot be written (${reasonOf(cause)})`;
    const remedy = "Name a file with --out in a directory that this user may write.";
    throw new Fault("DATA_UNUSABLE", message, remedy, { cause });
  }
  terminal.out(`${out} is written: ${file} is signed${who === null ? "" : ` for the ${who}`}.`);
}

function added(out: string, bytes: Uint8Array, signer: Signer, existing: string | null): string {
  try {
    return signJws(bytes, signer, existing ?? undefined, { detached: true });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = `${out} cannot take this signature: ${cause.message}`;
    throw new Fault("SETTING_INVALID", message, "Name another file with --out.", { cause });
  }
}

/** What others signed before must be this file as it is, where that can be told. */
function checkExisting(file: string, bytes: Uint8Array, out: string, existing: string): void {
  const problem = jwsProblem(existing);
  if (problem !== null) {
    const remedy = "Name another file with --out, or move this one away.";
    throw new Fault("SETTING_INVALID", `${out} ${problem}`, remedy);
  }
  const contract = contractIn(bytes);
  const wrong = contract && signaturesOf(contract, bytes, existing).wrong;
  if (!wrong?.includes("wrong signature")) return;
  const message = `${out} ${wrong}: ${file} was changed after it was signed`;
  const remedy = `Agree on one text; move ${out} away, and let both sign again.`;
  throw new Fault("SETTING_INVALID", message, remedy);
}

/** Whose signature it is in a contract; null for other files. Says where it is nobody's. */
function roleOf(bytes: Uint8Array, signer: Signer): string | null {
  const contract = contractIn(bytes);
  if (contract === null) return null;
  const own = thumbprint(signer.algorithm, signer.publicKey());
  const party = keysOf(contract).find(({ keys }) =>
    keys.some(({ algorithm, publicKey }) => thumbprint(algorithm, publicKey) === own),
  );
  if (party === undefined) {
    terminal.error("warning: this key is no party's in the contract; the signature binds nobody");
  }
  return party?.role ?? null;
}
