// `telltale contract`: a contract to begin with, and what is wrong with one or what it amounts to.

import type { Command } from "commander";
import { utf8 } from "../../runtime/ledger/bytes.ts";
import { contractHash, readContract } from "../../runtime/ledger/contract-file.ts";
import { type ContractWord, describeContract } from "../../runtime/ledger/contract-words.ts";
import { EXAMPLE_CONTRACT, EXAMPLE_KEYS } from "../../runtime/ledger/example-contract.ts";
import { formatProblem, type Problem } from "../../runtime/schema/problem.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import {
  readContractText,
  readSignatures,
  type SignatureState,
  signaturesOf,
} from "../contract/contract-files.ts";
import { writeNewFile } from "../host/files.ts";
import { EXIT, terminal } from "./terminal.ts";

const CHECK_HELP = `
Signatures are looked for in FILE.jws, where \`telltale sign\` puts them.

Exit status: 0 the contract is good, 1 its signatures are wrong, 2 it has problems. A signature
that is missing is said and is no failure.

Examples:
  telltale contract check contract.yaml
  telltale contract check contract.yaml --json`;

const NEW_HELP = `
Example:
  telltale contract new contract.yaml`;

export function registerContract(program: Command): void {
  const contract = program
    .command("contract")
    .description("what lessor and lessee agreed on: begin one, check one");
  contract
    .command("check")
    .description("check a contract file, say what it amounts to and who has signed it")
    .argument("<file>", "the contract file")
    .option("--json", "print one JSON object instead of sentences")
    .addHelpText("after", CHECK_HELP)
    .action((file: string, options: { readonly json?: true }) => {
      process.exitCode = runCheck(file, options.json === true);
    });
  contract
    .command("new")
    .description("write an example contract to begin with")
    .argument("[file]", "the file to write; one that exists is never overwritten", "contract.yaml")
    .addHelpText("after", NEW_HELP)
    .action(runNew);
}

interface CheckResult {
  readonly file: string;
  readonly good: boolean;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** SHA-256 of the file's bytes: instructions and statements name the contract by it. */
  readonly sha256: string;
  readonly summary: readonly ContractWord[] | null;
  readonly signatures: SignatureState | null;
}

function runCheck(file: string, asJson: boolean): number {
  const text = readContractText(file);
  const read = readContract(text, file);
  const contract = "contract" in read ? read.contract : null;
  const result: CheckResult = {
    file,
    good: contract !== null,
    problems: "problems" in read ? read.problems : [],
    warnings: "warnings" in read ? read.warnings : [],
    sha256: contractHash(text),
    summary: contract && describeContract(contract),
    signatures: contract && signaturesOf(contract, utf8(text), readSignatures(`${file}.jws`)),
  };
  if (asJson) terminal.out(JSON.stringify(result, null, 2));
  else print(result, text);
  if (contract === null) return EXIT.badInput;
  return result.signatures?.wrong ? EXIT.failed : EXIT.done;
}

function print(
  { file, problems, warnings, sha256, summary, signatures }: CheckResult,
  text: string,
) {
  for (const problem of problems) terminal.error(formatProblem(problem));
  for (const warning of warnings) terminal.error(`warning: ${formatProblem(warning)}`);
  if (summary === null || signatures === null) {
    terminal.error(`${problems.length} ${problems.length === 1 ? "problem" : "problems"}`);
    return;
  }
  if (Object.values(EXAMPLE_KEYS).some((key) => text.includes(key))) {
    terminal.error("warning: it has keys of the example in it, which belong to nobody");
  }
  terminal.out(`${file}: good: SHA-256 ${sha256}`);
  for (const { about, says } of summary) terminal.out(`  ${about.padEnd(12)} ${says}`);
  for (const role of signatures.signed) terminal.out(`  ${"signed".padEnd(12)} by the ${role}`);
  if (signatures.unknown > 0) {
    const count = `${signatures.unknown} by keys that are not in the contract`;
    terminal.out(`  ${"signed".padEnd(12)} ${count}`);
  }
  if (signatures.wrong !== null) {
    terminal.error(`${file}.jws ${signatures.wrong}${remedyOf(signatures.wrong, file)}`);
  } else if (signatures.missing.length > 0) {
    terminal.out(`  ${"not signed".padEnd(12)} by the ${signatures.missing.join(" and the ")}`);
  }
}

/** How a sentence about signatures goes on that are worth nothing. */
function remedyOf(wrong: string, file: string): string {
  if (wrong.includes("wrong signature")) {
    return `: ${file} was changed after it was signed, or the signature was`;
  }
  if (!wrong.includes("nobody who is known")) return "";
  return (
    `: no key in ${file} made it. Remove ${file}.jws and let lessor and lessee sign with keys ` +
    `that are in the contract: telltale sign ${file} --key FILE`
  );
}

function runNew(file: string): void {
  let written: boolean;
  try {
    written = writeNewFile(file, EXAMPLE_CONTRACT);
  } catch (cause) {
    const remedy = "Name a file in a directory that exists and that this user may write.";
    const message = `${file} cannot be written (${reasonOf(cause)})`;
    throw new Fault("DATA_UNUSABLE", message, remedy, { cause });
  }
  if (!written) {
    const remedy = "Name another file, or move this one away.";
    throw new Fault("SETTING_INVALID", `${file} exists already and is not overwritten`, remedy);
  }
  terminal.out(
    `${file} is written. Put your parties and keys in, then: telltale contract check ${file}`,
  );
}
