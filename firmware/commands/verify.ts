// `telltale verify`: whether a statement can be billed from, by everything that its file holds and
// by what whoever asks brings along. It needs no controller and no network.

import type { Command } from "commander";
import { Fault } from "../../runtime/signal/fault.ts";
import { wallTime } from "../host/clock.ts";
import { readEvidence } from "../host/evidence-file.ts";
import { decodeText, fileExists } from "../host/files.ts";
import { EXIT, terminal } from "./terminal.ts";
import { verdictLines } from "./verify-words.ts";

const EXAMPLES = `
The machine's key, the contract and the tree head that you kept are what makes the answer yours:
without them the statement is compared with itself alone, and a warning says so.

Exit status: 0 the statement is valid, 1 it is not, 2 a file cannot be read or an option is wrong.

Examples:
  telltale verify march.json --contract contract.yaml
  telltale verify march.json --key machine.vkey --witnessed kept-checkpoint.txt
  telltale verify march.json --json`;

/** A key, a contract or a tree head has a small part of it. */
const SIDE_FILE_BYTES_MAX = 1024 * 1024;

interface VerifyCommandOptions {
  readonly key?: string;
  readonly contract?: string;
  readonly witnessed?: string;
  readonly json?: true;
}

export function registerVerify(program: Command): void {
  program
    .command("verify")
    .description("check a statement offline: each check by name, and what it means for the bill")
    .argument("<statement>", "the statement's file")
    .option("--key <key|file>", "the machine's verifier key, or a file with it")
    .option("--contract <file>", "your own copy of the contract")
    .option("--witnessed <file>", "the signed tree head that you or your witness kept")
    .option("--json", "print one JSON object instead of sentences")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, options: VerifyCommandOptions) => {
      process.exitCode = await runVerify(file, options);
    });
}

async function runVerify(file: string, options: VerifyCommandOptions): Promise<number> {
  const { STATEMENT_BYTES_MAX } = await import("../../runtime/ledger/statement.ts");
  const { verifyStatement } = await import("../../runtime/ledger/verify.ts");
  const { contract, witnessed } = options;
  const key = options.key === undefined ? undefined : await keyOf(options.key);
  const verdict = verifyStatement(readEvidence(file, STATEMENT_BYTES_MAX), {
    now: wallTime(),
    ...(key !== undefined && { key }),
    ...(contract !== undefined && { contract: { text: sideFile(contract) } }),
    ...(witnessed !== undefined && { witnessed: await keptHead(witnessed) }),
    onProgress: (done, total) => {
      terminal.progress(`verifying: ${Math.round((100 * done) / Math.max(1, total))} %`);
    },
  });
  terminal.progress(null);
  if (options.json) {
    const { valid, answers, figures } = verdict;
    terminal.out(JSON.stringify({ file, valid, answers, figures }, null, 2));
  } else {
    const columns = process.stdout.columns;
    for (const line of verdictLines(file, verdict, columns)) terminal.out(line);
  }
  return verdict.valid ? EXIT.done : EXIT.failed;
}

/** Whether it is a key or the name of a file with one: a key has two `+`, and no file has it. */
async function keyOf(given: string): Promise<string> {
  const { parseVerifierKey } = await import("../../runtime/ledger/keys.ts");
  const isText = typeof parseVerifierKey(given) !== "string";
  const text = isText || !fileExists(given) ? given : sideFile(given).trim();
  const parsed = parseVerifierKey(text);
  if (typeof parsed !== "string") return parsed.text;
  throw new Fault(
    "SETTING_INVALID",
    `--key ${given} is neither a key nor a file with one: it ${parsed}`,
    "Give the key that `telltale lease` prints at the machine, or that the contract names.",
  );
}

/** A tree head, or those of several machines one after another. */
async function keptHead(file: string): Promise<string> {
  const { notesOf, parseNote } = await import("../../runtime/ledger/note.ts");
  const { parseCheckpoint } = await import("../../runtime/ledger/checkpoint.ts");
  const text = sideFile(file);
  const problems = notesOf(text).map((note) =>
    [parseNote(note), parseCheckpoint(note)].find((parsed) => typeof parsed === "string"),
  );
  if (problems.includes(undefined)) return text;
  throw new Fault(
    "SETTING_INVALID",
    `--witnessed ${file} is no signed tree head: it ${problems[0]}`,
    "Give the checkpoint as your witness or the machine signed it, with its last line end.",
  );
}

function sideFile(file: string): string {
  const bytes = readEvidence(file, SIDE_FILE_BYTES_MAX);
  const text = bytes.length > SIDE_FILE_BYTES_MAX ? null : decodeText(bytes);
  if (text !== null) return text;
  throw new Fault(
    "SETTING_INVALID",
    `${file} is too large for what it should be, or no text`,
    "Is it the right file? The statement comes first, without an option.",
  );
}
