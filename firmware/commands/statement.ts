// `telltale statement`: makes the statement of a period from a ledger and a signed contract, as a
// file that `telltale verify` checks without either, and as a page for people.

import { type Command, InvalidArgumentError } from "commander";
import { periodProblem } from "../../runtime/ledger/account.ts";
import { utf8 } from "../../runtime/ledger/bytes.ts";
import { instantOf, offsetsOf } from "../../runtime/ledger/calendar.ts";
import { canonicalJson } from "../../runtime/ledger/canonical-json.ts";
import { collectEvidence } from "../../runtime/ledger/collect.ts";
import type { Contract } from "../../runtime/ledger/contract.ts";
import { readContract } from "../../runtime/ledger/contract-file.ts";
import { makeStatement } from "../../runtime/ledger/figures.ts";
import { STATEMENT_BYTES_MAX, type Statement } from "../../runtime/ledger/statement.ts";
import { statementPage } from "../../runtime/ledger/statement-page.ts";
import { formatProblem } from "../../runtime/schema/problem.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import { readContractText, readSignatures, signaturesOf } from "../contract/contract-files.ts";
import { wallSeconds } from "../host/clock.ts";
import { writeFileAtomic } from "../host/files.ts";
import { addLedgerOptions, type LedgerOptions, openLedger } from "./ledger-reader.ts";
import { summaryLines } from "./statement-words.ts";
import { EXIT, terminal } from "./terminal.ts";

const HELP = `
From and to are dates or times in the contract's zone: 2026-11-01, 2026-11-01T06:00. What begins at
--to belongs to the next period. The parties' signatures are looked for in CONTRACT.jws, where
\`telltale sign\` puts them.

Examples:
  telltale statement --contract contract.yaml --from 2026-11-01 --to 2026-12-01
  telltale statement --contract contract.yaml --from 2026-11-01 --to 2026-12-01 \\
    --ledger ./ledger.sqlite --out november.json --html november.html`;

interface StatementOptions extends LedgerOptions {
  readonly contract: string;
  readonly from: string;
  readonly to: string;
  readonly out?: string;
  readonly html?: string;
  readonly assent?: readonly string[];
  readonly json?: true;
}

/** As many as one statement can need: each is a file that both parties signed. */
const ASSENTS_MAX = 20;

export function registerStatement(program: Command): void {
  addLedgerOptions(
    program
      .command("statement")
      .description("the statement of a period: hours, amounts, and what proves them")
      .requiredOption("--contract <file>", "what the parties agreed on")
      .requiredOption("--from <date>", "where the period begins")
      .requiredOption("--to <date>", "where it ends")
      .option("--out <file>", "the statement's file (default: by contract and period)")
      .option("--html <file>", "the same as a page to read and print")
      .option("--assent <file...>", "assents that both parties signed", assentFiles)
      .option("--json", "print one JSON object instead of a summary")
      .addHelpText("after", HELP),
  ).action(async (options: StatementOptions) => {
    process.exitCode = await runStatement(options);
  });
}

function assentFiles(file: string, before: readonly string[] = []): readonly string[] {
  if (before.length < ASSENTS_MAX) return [...before, file];
  throw new InvalidArgumentError(`At most ${ASSENTS_MAX} are taken.`);
}

async function runStatement(options: StatementOptions): Promise<number> {
  const agreed = agreedContract(options.contract);
  if (agreed === null) return EXIT.badInput;
  const { contract, text, jws } = agreed;
  const { from, to } = periodOf(options, contract);
  const assents = (options.assent ?? []).map(assentIn);
  const { ledger, close } = await openLedger(options);
  let statement: Statement;
  try {
    const wanted = { reader: ledger, contract, text, jws, from, to, assents };
    statement = makeStatement(await collectEvidence(wanted), contract);
  } finally {
    close();
  }
  warnOfOtherMachine(statement, contract);
  const { out = fileNameOf(options, contract), html } = options;
  const content = utf8(`${canonicalJson(statement)}\n`);
  if (content.length > STATEMENT_BYTES_MAX) {
    throw new Fault(
      "SETTING_INVALID",
      `The statement would have ${content.length} bytes, and nobody reads more than ` +
        `${STATEMENT_BYTES_MAX}.`,
      "divide the period: statements follow each other without a gap",
    );
  }
  write(out, content);
  if (html !== undefined) write(html, statementPage(statement));
  const { figures } = statement;
  if (options.json) {
    const page = html === undefined ? {} : { html };
    terminal.out(JSON.stringify({ file: out, ...page, figures }, null, 2));
  } else {
    for (const line of summaryLines(statement, contract)) terminal.out(line);
    terminal.out("");
    terminal.out(`${out} is written; whoever gets it checks it with: telltale verify ${out}`);
    if (to > (wallSeconds() ?? 0) * 1_000) {
      terminal.error("warning: the period is not over; verify refuses the statement until it is");
    }
    if (html !== undefined) terminal.out(`${html} is written, to read and print`);
  }
  return EXIT.done;
}

interface Agreed {
  readonly contract: Contract;
  readonly text: string;
  readonly jws: string;
}

/** Null where the contract has problems; they have been said. */
function agreedContract(file: string): Agreed | null {
  const text = readContractText(file);
  const read = readContract(text, file);
  if ("problems" in read) {
    for (const problem of read.problems) terminal.error(formatProblem(problem));
    return null;
  }
  const { contract } = read;
  const jws = readSignatures(`${file}.jws`);
  if (jws === null) {
    throw new Fault(
      "SETTING_INVALID",
      `${file} is not signed: there is no ${file}.jws beside it`,
      `let both parties sign it: telltale sign ${file} --key KEY`,
    );
  }
  const { wrong, missing } = signaturesOf(contract, utf8(text), jws);
  if (wrong !== null) {
    throw new Fault(
      "SETTING_INVALID",
      `${file}.jws ${wrong}`,
      "find the contract's file as it was signed, or let the parties sign it anew",
    );
  }
  for (const role of missing) {
    terminal.error(`warning: the ${role} has not signed ${file}; no verifier will accept this`);
  }
  return { contract, text, jws };
}

function periodOf(options: StatementOptions, { zone }: Contract): { from: number; to: number } {
  const instant = (name: "from" | "to") => {
    const utc = instantOf(options[name], zone);
    if (utc !== null) return utc;
    throw new Fault(
      "SETTING_INVALID",
      `--${name} ${options[name]}: not a date`,
      "write one like 2026-11-01, or 2026-11-01T06:00",
    );
  };
  const from = instant("from");
  const to = instant("to");
  const offsets = to > from ? offsetsOf(zone, from, from + 1) : [];
  const problem = periodProblem({ from, to, offsets });
  if (problem === null) return { from, to };
  throw new Fault(
    "SETTING_INVALID",
    `--from ${options.from} --to ${options.to}: ${problem}`,
    "statements follow each other without a gap: make one for each month, for example",
  );
}

function assentIn(file: string): string {
  const jws = readSignatures(file);
  if (jws !== null) return jws.trim();
  throw new Fault("SETTING_INVALID", `${file}: there is no such file`, "look at its name");
}

/** It may continue another controller; whoever verifies looks at what the parties signed then. */
function warnOfOtherMachine({ controller }: Statement, { machine }: Contract): void {
  if (controller === machine.controller) return;
  terminal.error(
    `warning: the contract is about the controller ${machine.controller}, ` +
      `and this is the ledger of ${controller}`,
  );
}

function fileNameOf({ from, to }: StatementOptions, { id }: Contract): string {
  return `statement-${id}-${from}-${to}.json`.replace(/[^A-Za-z0-9._-]/g, "-");
}

function write(file: string, content: Uint8Array | string): void {
  try {
    writeFileAtomic(file, content);
  } catch (cause) {
    throw new Fault(
      "DATA_UNUSABLE",
      `${file} cannot be written (${reasonOf(cause)})`,
      "name a file in a directory that exists and that this user may write",
      { cause },
    );
  }
}
