// `telltale ledger`: what stands in the ledger of a running instance or of a copied file, and
// whether it holds together from the first leaf to the last.

import type { Command } from "commander";
import { parseCheckpoint } from "../../runtime/ledger/checkpoint.ts";
import { type Leaf, parseLeaf } from "../../runtime/ledger/leaf.ts";
import { parseNote } from "../../runtime/ledger/note.ts";
import type { LedgerFacts } from "../../runtime/ledger/reader.ts";
import { checkWholeLedger, type WholeLedger } from "../../runtime/ledger/whole-ledger.ts";
import { addLedgerOptions, type LedgerOptions, openLedger } from "./ledger-reader.ts";
import { EXIT, terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  telltale ledger
  telltale ledger --verify
  telltale ledger --ledger ./ledger.sqlite --verify --json`;

/** As many as a person reads at once. */
const LEAVES_SHOWN = 12;
const COSIGNATURES_SHOWN = 4;
/** Of a detail; signatures and notes are far longer. */
const DETAIL_LENGTH_MAX = 40;

interface LedgerCommandOptions extends LedgerOptions {
  readonly verify?: true;
  readonly json?: true;
}

interface Shown {
  readonly facts: LedgerFacts;
  readonly checkpoint: {
    readonly note: string;
    readonly size: number;
    readonly signers: readonly string[];
  };
  /** Newest first. */
  readonly cosignatures: readonly Leaf[];
  /** Oldest first. */
  readonly leaves: readonly Leaf[];
  readonly verified: WholeLedger | null;
}

export function registerLedger(program: Command): void {
  addLedgerOptions(
    program
      .command("ledger")
      .description("what stands in the ledger: its newest leaves, checkpoint and witnesses")
      .option("--verify", "read all leaves and make the tree anew")
      .option("--json", "print one JSON object")
      .addHelpText("after", EXAMPLES),
  ).action(async (options: LedgerCommandOptions) => {
    const shown = await look(options);
    if (options.json) terminal.out(JSON.stringify(shown, null, 2));
    else for (const line of linesOf(shown)) terminal.out(line);
    if (shown.verified && shown.verified.problems.length > 0) process.exitCode = EXIT.failed;
  });
}

async function look(options: LedgerCommandOptions): Promise<Shown> {
  const { ledger, close } = await openLedger(options);
  try {
    const note = await ledger.freshCheckpoint();
    const facts = await ledger.facts();
    const from = Math.max(0, facts.size - LEAVES_SHOWN);
    const texts = await ledger.leaves(from, LEAVES_SHOWN);
    const cosigned = await ledger.newestOf(["COSIGNATURE"], facts.size, COSIGNATURES_SHOWN);
    const verified = options.verify
      ? await checkWholeLedger(ledger, (count) => terminal.progress(`${count} of ${facts.size}`))
      : null;
    terminal.progress(null);
    const head = parseCheckpoint(note);
    const parsed = parseNote(note);
    const signers = typeof parsed === "string" ? [] : parsed.signatures.map(({ name }) => name);
    return {
      facts,
      checkpoint: { note, size: typeof head === "string" ? 0 : head.size, signers },
      cosignatures: leavesOf(cosigned.map(({ leaf }) => leaf)),
      leaves: leavesOf(texts),
      verified,
    };
  } finally {
    close();
  }
}

/** What is no leaf is named by `--verify`. */
function leavesOf(texts: readonly string[]): readonly Leaf[] {
  return texts.map(parseLeaf).filter((leaf) => typeof leaf !== "string");
}

function linesOf({ facts, checkpoint, cosignatures, leaves, verified }: Shown): readonly string[] {
  return [
    `ledger of the controller ${facts.controller}, segment ${facts.segment}`,
    `${facts.size} leaves; the newest checkpoint has ${checkpoint.size}, signed by`,
    ...checkpoint.signers.map((name) => `  ${name}`),
    ...(cosignatures.length === 0 ? ["no witness has cosigned yet"] : ["cosigned"]),
    ...cosignatures.map((leaf) => `  ${wordsOf(leaf)}`),
    "",
    ...leaves.map((leaf) => `${String(leaf.seq).padStart(8)}  ${wordsOf(leaf)}`),
    ...(verified === null ? [] : ["", ...verdictOf(verified)]),
  ];
}

function verdictOf({ leaves, problems }: WholeLedger): readonly string[] {
  if (problems.length > 0) return problems.map((problem) => `! ${problem}`);
  return [`all ${leaves} leaves follow one another, and the device signed their tree`];
}

/** When, what, and what it says of the usage; then the details that fit on a line. */
function wordsOf({ typ, utc, mono, tq, st, mode, ovl, d }: Leaf): string {
  const when =
    utc === undefined ? `mono ${mono}` : new Date(utc).toISOString().replace(/\.\d+Z$/, "Z");
  const state = [st, ...(mode === "None" ? [] : [mode]), ...(ovl ? ["overload"] : [])].join(" ");
  const details = Object.entries(d as Readonly<Record<string, unknown>>)
    .map(([name, value]) => `${name}=${String(value)}`)
    .filter((detail) => detail.length <= DETAIL_LENGTH_MAX);
  return [`${when.padEnd(20)} ${tq}`, typ, state, ...details].join("  ");
}
