// Verifies a statement: everything that can be recomputed is, and each check answers by name. The
// command, the page that a browser opens from disk and the tests run this one function.

import { offsetsOf } from "./calendar.ts";
import type { Contract } from "./contract.ts";
import { contractHash, readContract } from "./contract-file.ts";
import { parseVerifierKey, sameKey, type VerifierKey } from "./keys.ts";
import type { LeafOf } from "./leaf.ts";
import { notesOf } from "./note.ts";
import type { Statement, StatementFigures } from "./statement.ts";
import { readStatement } from "./statement-file.ts";
import { type Answer, Answers, CHECK_NAMES, type CheckName } from "./verdict.ts";
import { checkApproval } from "./verify-approval.ts";
import { instant } from "./verify-boots.ts";
import { checkChain } from "./verify-chain.ts";
import { checkContractFile, termsOf } from "./verify-contract.ts";
import { type Head, type HeadKeys, HeadReader } from "./verify-heads.ts";
import { checkLease, readInstructions } from "./verify-instructions.ts";
import { checkFigures, checkPeriod } from "./verify-period.ts";
import { leavesOf, type Progress, readRecords, type StatementRecords } from "./verify-records.ts";
import { checkSegment, segmentOf } from "./verify-segment.ts";
import { checkTree } from "./verify-tree.ts";
import {
  checkFuture,
  checkKept,
  checkSeenLeaves,
  checkWitnesses,
  witnessesOf,
} from "./verify-witnesses.ts";

export interface VerifyOptions {
  /** The machine's verifier key, as whoever verifies got it from the machine itself. */
  readonly key?: string;
  /** Their own copy of the contract. */
  readonly contract?: { readonly text: string };
  /** The tree head that they, or their witness, kept: a signed note. */
  readonly witnessed?: string;
  /** Milliseconds since 1970. */
  readonly now?: number;
  /** What the zone's offsets are on this computer; null where it knows no time zones. */
  readonly offsetsOf?: typeof offsetsOf | null;
  /** A large statement takes seconds. */
  readonly onProgress?: Progress;
}

export interface Verdict {
  /** No check has failed. */
  readonly valid: boolean;
  readonly answers: readonly Answer[];
  /** Null where the file is no statement. */
  readonly statement: Statement | null;
  readonly contract: Contract | null;
  /** As computed here; null where the records do not give any. */
  readonly figures: StatementFigures | null;
}

export function verifyStatement(bytes: Uint8Array, options: VerifyOptions = {}): Verdict {
  const answers = new Answers();
  const read = readStatement(bytes);
  if (!("statement" in read)) {
    answers.failed("not a statement", read);
    for (const check of CHECK_NAMES) answers.notChecked(check, "The file is no statement.");
    return { valid: false, answers: answers.all(), statement: null, contract: null, figures: null };
  }
  const { statement } = read;
  const { contract, figures } = verifyRead(statement, options, answers);
  return { valid: !answers.hasFailed, answers: answers.all(), statement, contract, figures };
}

function verifyRead(
  statement: Statement,
  options: VerifyOptions,
  answers: Answers,
): Pick<Verdict, "contract" | "figures"> {
  const { now, onProgress = () => {} } = options;
  const records = readRecords(statement, answers, onProgress);
  const contract = readTerms(statement, answers);
  const device = checkKey(statement, contract, options, answers);
  checkDevice(statement, records, answers);
  const witnesses = contract ? witnessesOf(contract).map(({ key }) => key) : [];
  const keys = { origin: statement.origin, device, witnesses, allowsOthers: contract === null };
  const { kept, ...heads } = readHeads(statement, records, keys, options, answers);
  const more = kept ? [kept.checkpoint.size] : [];
  const roots = checkTree(statement, records, heads, more, answers);
  checkChain(records.run, answers);
  checkSegment(statement, records, answers);
  checkFuture(statement, heads.all, records.run, now, answers);
  checkSeenLeaves(heads.all, records.run, answers);
  if (kept) checkKept(kept, heads.all, roots, statement, answers);
  const zoneOffsets = options.offsetsOf === undefined ? offsetsOf : options.offsetsOf;
  checkPeriod(statement, contract, records, zoneOffsets, answers);
  if (contract === null) {
    notWithoutContract(answers);
    return { contract, figures: null };
  }
  const terms = termsOf(contract, contractHash(statement.contract.text));
  checkContractFile(statement, terms, options.contract, answers);
  const instructions = readInstructions(statement, records, terms, answers);
  checkLease(statement, records, terms, segmentOf(statement) !== 1, answers);
  checkApproval(statement, records.run, terms, instructions, answers);
  // A tree head whose root the leaves do not give may be one of another history.
  const comparable = heads.all.filter(({ checkpoint }) => roots.has(checkpoint.size));
  checkWitnesses(statement, comparable, contract, answers);
  return { contract, figures: checkFigures(statement, records, contract, terms.hash, answers) };
}

function readTerms({ contract }: Statement, answers: Answers): Contract | null {
  const read = readContract(contract.text, "contract", { zoneMustBeKnown: false });
  if ("contract" in read) return read.contract;
  const first = read.problems[0];
  const found = first ? `${first.path}: ${first.message}` : "a text that is none";
  answers.failed("contract", { where: { field: "contract.text" }, expected: "a contract", found });
  return null;
}

const NEEDS_CONTRACT: readonly CheckName[] = [
  "unapproved configuration",
  "unknown software",
  "tariff mismatch",
  "loss bound exceeded",
  "unwitnessed",
  "stale witness",
];

function notWithoutContract(answers: Answers): void {
  for (const check of NEEDS_CONTRACT) answers.notChecked(check, "There is no contract to read.");
}

/** The key that heads have to be signed with; null where the statement's is none. */
function checkKey(
  { key }: Statement,
  contract: Contract | null,
  options: VerifyOptions,
  answers: Answers,
): VerifierKey | null {
  const where = { field: "key" };
  const own = parseVerifierKey(key);
  if (typeof own === "string") {
    answers.failed("signature", { where, expected: "a verifier key", found: `one that ${own}` });
    answers.notChecked("replaced key", "The statement names no key.");
    return null;
  }
  const pins = [
    { text: options.key?.trim(), whose: "the key that you gave" },
    { text: contract?.machine.key, whose: "the machine's key in the contract" },
  ];
  for (const { text, whose } of pins) {
    if (text === undefined) continue;
    const pinned = parseVerifierKey(text);
    if (typeof pinned !== "string" && sameKey(pinned, own)) continue;
    answers.failed("replaced key", { where, expected: `${text}, ${whose}`, found: key });
  }
  if (options.key === undefined && options.contract === undefined) {
    answers.warning("replaced key", {
      found: key,
      means:
        "The key is the one that the statement itself names; give the key that you have " +
        "from the machine, or your own copy of the contract, to be sure of it.",
    });
  }
  return own;
}

function checkDevice(
  { controller, key, origin }: Statement,
  records: StatementRecords,
  answers: Answers,
): void {
  if (segmentOf({ controller, origin }) === null) {
    answers.failed("another device", {
      where: { field: "origin" },
      expected: `telltale/usage/${controller}, or that with the number of a segment`,
      found: origin,
    });
  }
  for (const { index, leaf } of leavesOf(records)) {
    if (leaf.dev !== controller) {
      const where = { leaf: index, field: "dev" };
      answers.failed("another device", { where, expected: controller, found: leaf.dev });
    }
    if (leaf.typ === "GENESIS" && leaf.d.key !== key) {
      const where = { leaf: index, field: "d.key" };
      answers.failed("replaced key", { where, expected: key, found: leaf.d.key });
    }
  }
}

interface AllHeads {
  readonly opening: Head | null;
  readonly closing: Head | null;
  readonly between: readonly Head[];
  readonly all: readonly Head[];
  readonly kept: Head | null;
}

function readHeads(
  { opening, closing, checkpoints }: Statement,
  records: StatementRecords,
  keys: HeadKeys,
  { witnessed, onProgress = () => {} }: VerifyOptions,
  answers: Answers,
): AllHeads {
  const reader = new HeadReader(answers);
  const read = (note: string, field: string) => reader.read(note, { field }, keys);
  const first = read(opening.checkpoint, "opening.checkpoint");
  const last = read(closing.checkpoint, "closing.checkpoint");
  const between = checkpoints.flatMap((note, position) => {
    onProgress(position, checkpoints.length);
    return read(note, `checkpoints.${position}`) ?? [];
  });
  const own = [first, ...between, last].filter((head) => head !== null);
  const embedded = records.run.flatMap(({ index, leaf }) => {
    if (leaf?.typ !== "COSIGNATURE") return [];
    onProgress(index - opening.index, records.run.length);
    const where = { leaf: index, field: "d.note" };
    const head = reader.read(leaf.d.note, where, { ...keys, allowsOthers: true });
    if (head === null) return [];
    checkEmbedded(head, index, answers);
    checkWitnessTime(head, { index, leaf }, keys, answers);
    return [head];
  });
  const kept =
    witnessed === undefined
      ? null
      : reader.read(
          keptNote(witnessed, keys.origin),
          { field: "the tree head that you gave" },
          { ...keys, allowsOthers: true, isKept: true },
        );
  return { opening: first, closing: last, between, all: [...own, ...embedded], kept };
}

/** The leaf's time dates hours where no clock does: it has to be what the witness signed. */
function checkWitnessTime(
  { cosignatures }: Head,
  { index, leaf }: { readonly index: number; readonly leaf: LeafOf<"COSIGNATURE"> },
  { witnesses }: HeadKeys,
  answers: Answers,
): void {
  const { witness, time } = leaf.d;
  const where = { leaf: index, field: "d.time" };
  if (!witnesses.some(({ name }) => name === witness)) {
    answers.warning("signature", {
      where,
      found: `${instant(time * 1_000)} by ${witness}`,
      means: "The contract names no such witness: nobody here can say whether the time is its own.",
    });
    return;
  }
  const signed = cosignatures.filter(({ key }) => key.name === witness);
  if (signed.some(({ utc }) => utc === time * 1_000)) return;
  answers.failed("signature", {
    where,
    expected: signed.map(({ utc }) => instant(utc)).join(" or ") || `a cosignature of ${witness}`,
    found: instant(time * 1_000),
    means: "Hours may stand in another shift: the witness signed another time than the leaf says.",
  });
}

/** A leaf comes after what was cosigned: a larger tree head is one of another history. */
function checkEmbedded({ checkpoint, where }: Head, index: number, answers: Answers): void {
  if (checkpoint.size <= index) return;
  answers.failed("fork", {
    where,
    expected: `a tree head of at most ${index} leaves: those before this leaf`,
    found: String(checkpoint.size),
    means: "A witness saw leaves that this ledger no longer has: it was rolled back or rewritten.",
  });
}

/** The one of this ledger: who watches several machines keeps their tree heads in one file. */
function keptNote(witnessed: string, origin: string): string {
  const notes = notesOf(witnessed);
  return notes.find((note) => note.startsWith(`${origin}\n`)) ?? notes[0] ?? witnessed;
}
