// Rules between a leaf and the next: the chain of hashes, the counters, the registers, the clocks.
// They hold for whatever a machine did, so a leaf that breaks one was not made by its meter.

import {
  observedMs,
  REGISTER_NAMES,
  type Registers,
  STATE_REGISTERS,
  USAGE_STATES,
} from "../usage/usage-state.ts";
import { toBase64 } from "./bytes.ts";
import { AUDIT_TYPES, type Leaf } from "./leaf.ts";
import { HASH_BYTES } from "./merkle.ts";
import type { Answers, Place } from "./verdict.ts";
import { checkBoots } from "./verify-boots.ts";
import type { StatementRecord } from "./verify-records.ts";

export interface Pair {
  readonly index: number;
  readonly before: Leaf;
  readonly leaf: Leaf;
}

export function checkChain(run: readonly StatementRecord[], answers: Answers): void {
  checkFirst(run[0], answers);
  const pairs: Pair[] = [];
  for (const [position, { index, leaf }] of run.entries()) {
    if (leaf !== null) checkPosition(index, leaf, answers);
    const previous = run[position - 1];
    if (previous === undefined || leaf === null) continue;
    const prev = toBase64(previous.hash);
    if (leaf.prev !== prev) {
      answers.failed("chain gap", {
        where: { leaf: index, field: "prev" },
        expected: `${prev}, the hash of leaf ${index - 1}`,
        found: leaf.prev,
      });
    }
    if (previous.leaf !== null) pairs.push({ index, before: previous.leaf, leaf });
  }
  for (const pair of pairs) {
    checkCounters(pair, answers);
    checkRegression(pair, answers);
    checkConservation(pair, answers);
    checkGrowth(pair, answers);
    checkCadence(pair, answers);
  }
  checkBoots(pairs, answers);
}

/** Each leaf is followed by another within 15 minutes, and some for what was not decided yet. */
const SILENCE_MS_MAX = 3_600_000;

/** Observed time without a leaf in it is time that only one end vouches for. */
function checkCadence({ index, before, leaf }: Pair, answers: Answers): void {
  if (leaf.typ === "LAPSE" || leaf.typ === "GAP") return;
  const until = leaf.typ === "RECOVERY" ? leaf.d.previousMono : leaf.mono;
  const isOneBoot = leaf.typ === "RECOVERY" ? leaf.d.previousBoot === before.boot : true;
  const silentMs = until - before.mono;
  if (!isOneBoot || silentMs <= SILENCE_MS_MAX) return;
  answers.warning("chain gap", {
    where: { leaf: index, field: "mono" },
    expected: `a leaf within ${SILENCE_MS_MAX} ms of leaf ${index - 1}`,
    found: `${silentMs} ms without one`,
    means: "The sum of that time is right; ask why nothing was written, and what its state was.",
  });
}

function checkFirst(first: StatementRecord | undefined, answers: Answers): void {
  if (!first?.leaf || first.index !== 0) return;
  const zeros = toBase64(new Uint8Array(HASH_BYTES));
  const { prev, typ } = first.leaf;
  if (prev === zeros && typ === "GENESIS") return;
  answers.failed("chain gap", {
    where: { leaf: 0 },
    expected: "GENESIS after nothing: the beginning of a ledger",
    found: typ === "GENESIS" ? `a leaf after ${prev}` : typ,
  });
}

function checkPosition(index: number, { seq, typ }: Leaf, answers: Answers): void {
  if (seq !== index) {
    answers.failed("chain gap", {
      where: { leaf: index, field: "seq" },
      expected: String(index),
      found: String(seq),
    });
  }
  if (typ === "GENESIS" && index > 0) {
    const where = { leaf: index, field: "typ" };
    answers.failed("chain gap", { where, expected: "no second beginning", found: typ });
  }
}

function checkCounters({ index, before, leaf }: Pair, answers: Answers): void {
  const events = before.evc + (AUDIT_TYPES.has(leaf.typ) ? 1 : 0);
  // Leaves that could not be written may have been audit leaves too, and were counted.
  const isRight = leaf.typ === "LAPSE" ? leaf.evc >= events : leaf.evc === events;
  if (!isRight) {
    answers.failed("chain gap", {
      where: { leaf: index, field: "evc" },
      expected: `${events} after ${before.evc} and a ${leaf.typ} leaf`,
      found: String(leaf.evc),
      means:
        "An instruction or a change of the configuration was left out or added; ask what it was.",
    });
  }
  if (leaf.typ === "LAPSE") {
    const times = leaf.d.leaves === 1 ? "leaf" : "leaves";
    answers.warning("chain gap", {
      where: { leaf: index },
      found: `${leaf.d.leaves} ${times} that could not be written: ${leaf.d.reason}`,
      means: "The registers went on and their sum is right; when in that time is less certain.",
    });
  }
}

function checkRegression({ index, before, leaf }: Pair, answers: Answers): void {
  for (const name of REGISTER_NAMES) {
    if (leaf.regs[name] >= before.regs[name]) continue;
    answers.failed("regression", {
      where: { leaf: index, field: `regs.${name}` },
      expected: `at least ${before.regs[name]}, as in leaf ${index - 1}`,
      found: String(leaf.regs[name]),
    });
  }
}

/** What the six registers have to have gained together; null where nobody can say. */
function observedSince({ before, leaf }: Pair): number | null {
  if (leaf.boot === before.boot) {
    return leaf.mono - before.mono + addedBy(leaf);
  }
  // Another boot without a recovery is answered as a start that does not stand on the ledger, and
  // so is a recovery from a boot without a leaf.
  if (leaf.typ !== "RECOVERY" || leaf.d.previousBoot !== before.boot) return null;
  return leaf.d.previousMono - before.mono + addedBy(leaf);
}

/** Time of a suspend: the monotonic clock did not count it, and UNKNOWN has it. */
function addedBy(leaf: Leaf): number {
  return leaf.typ === "GAP" || leaf.typ === "RECOVERY" ? (leaf.d.addedMs ?? 0) : 0;
}

function checkConservation(pair: Pair, answers: Answers): void {
  const { index, before, leaf } = pair;
  const expected = observedSince(pair);
  const found = observedMs(leaf.regs) - observedMs(before.regs);
  if (expected === null || found === expected) return;
  // A suspend among the leaves that could not be written added what no leaf tells.
  if (leaf.typ === "LAPSE" && found > expected) return;
  const told = {
    where: { leaf: index, field: "regs" },
    expected: `${expected} ms observed since leaf ${index - 1}`,
    found: `${found} ms in the registers`,
  };
  const isOver = found > expected;
  const byMs = Math.abs(found - expected);
  const means = isOver
    ? `The registers hold ${byMs} ms that did not pass: the lessee would pay for them.`
    : `The registers lack ${byMs} ms that passed: the lessor would not be paid for them.`;
  answers.failed("conservation", { ...told, means });
}

/** Between two leaves only the register of the state that the first names can grow. */
function checkGrowth({ index, before, leaf }: Pair, answers: Answers): void {
  // The slots of a meter that was cut off know of transitions whose leaves were not written.
  if (leaf.typ === "RECOVERY" || leaf.typ === "LAPSE") {
    if (leaf.typ === "RECOVERY") checkUnknown({ index, before, leaf }, recovered(leaf.d), answers);
    return;
  }
  const grew = growth(before.regs, leaf.regs);
  const own = STATE_REGISTERS[USAGE_STATES.indexOf(before.st)]!;
  for (const name of STATE_REGISTERS) {
    const isGap = leaf.typ === "GAP" && name === "unknown";
    if (grew[name] <= 0 || name === own || isGap) continue;
    answers.failed("conservation", {
      where: { leaf: index, field: `regs.${name}` },
      expected: `only ${own} to grow after ${before.st} in leaf ${index - 1}`,
      found: `${grew[name]} ms more in ${name}`,
      means: "Time stands in the register of a state that the machine was not in.",
    });
  }
  if (leaf.typ === "GAP") checkUnknown({ index, before, leaf }, leaf.d.addedMs, answers);
  const observed = observedMs(leaf.regs) - observedMs(before.regs);
  const across = [
    ["overload", before.ovl ? observed : 0],
    ["maintenance", before.mode === "Maintenance" ? observed : 0],
  ] as const;
  for (const [name, most] of across) {
    if (grew[name] <= most) continue;
    answers.failed("conservation", {
      where: { leaf: index, field: `regs.${name}` },
      expected: `at most ${most} ms more`,
      found: `${grew[name]} ms more`,
      means: "Time is called overload or maintenance that was not: its price is wrong.",
    });
  }
}

function recovered({
  undecidedMs,
  gapMs = 0,
  addedMs = 0,
}: {
  readonly undecidedMs: number;
  readonly gapMs?: number;
  readonly addedMs?: number;
}): number {
  return undecidedMs + gapMs + addedMs;
}

/** What nobody watched has to be UNKNOWN, whatever the machine did before. */
function checkUnknown({ index, before, leaf }: Pair, least: number, answers: Answers): void {
  const grew = leaf.regs.unknown - before.regs.unknown;
  if (grew >= least) return;
  const where: Place = { leaf: index, field: "regs.unknown" };
  answers.failed("conservation", {
    where,
    expected: `at least ${least} ms more, which nobody watched`,
    found: `${grew} ms more`,
    means: "Time that nobody watched was counted as work or rest.",
  });
}

function growth(before: Registers, after: Registers): Registers {
  const entries = REGISTER_NAMES.map((name) => [name, after[name] - before[name]]);
  return Object.fromEntries(entries) as unknown as Registers;
}
