// Rules about starts of the meter and about clocks: each start stands on the ledger once, the
// monotonic clock runs forwards within a boot, and the wall clock moves with it unless a leaf says
// otherwise.

import { observedMs } from "../usage/usage-state.ts";
import type { Leaf } from "./leaf.ts";
import type { Answers } from "./verdict.ts";
import type { Pair } from "./verify-chain.ts";

/** What a wall clock may move against the monotonic one without a TIME_STEP leaf. */
const STEP_MS = 1_000;
/** NTP slews by at most 500 ppm; twice that. */
const SLEW_DIVISOR = 1_000;

export function checkBoots(pairs: readonly Pair[], answers: Answers): void {
  const first = pairs[0];
  const seen = new Set<string>(first ? [first.before.boot] : []);
  /** The newest leaf whose wall time is vouched for. */
  let sure: Leaf | null = first && isSure(first.before) ? first.before : null;
  let isStepped = false;
  for (const pair of pairs) {
    if (pair.leaf.bseq !== pair.before.bseq) checkStart(pair, seen, answers);
    else checkWithin(pair, answers);
    seen.add(pair.leaf.boot);
    isStepped ||= pair.leaf.typ === "TIME_STEP";
    if (!isSure(pair.leaf)) continue;
    if (sure !== null) checkWallTime(pair, sure, answers);
    if (sure !== null && !isStepped) checkPassed(pair, sure, answers);
    sure = pair.leaf;
    isStepped = false;
  }
}

function isSure({ tq, utc }: Leaf): boolean {
  return tq === "S" && utc !== undefined;
}

function checkStart(
  { index, before, leaf }: Pair,
  seen: ReadonlySet<string>,
  answers: Answers,
): void {
  if (leaf.bseq < before.bseq) {
    answers.failed("boot reuse", {
      where: { leaf: index, field: "bseq" },
      expected: `more than ${before.bseq}, the starts so far`,
      found: String(leaf.bseq),
    });
  } else if (leaf.bseq > before.bseq + 1) {
    answers.warning("boot reuse", {
      where: { leaf: index, field: "bseq" },
      expected: String(before.bseq + 1),
      found: String(leaf.bseq),
      means:
        "The controller started and was cut off before it wrote a leaf; what it had saved by " +
        "then is in the registers.",
    });
  }
  if (leaf.boot !== before.boot && seen.has(leaf.boot)) {
    answers.failed("boot reuse", {
      where: { leaf: index, field: "boot" },
      expected: "a boot that has not been before, or the same one",
      found: `${leaf.boot}, which another boot has followed`,
    });
  }
  if (leaf.typ !== "RECOVERY") {
    answers.failed("conservation", {
      where: { leaf: index, field: "typ" },
      expected: "RECOVERY: what a start makes of the registers that were saved",
      found: leaf.typ,
      means: "Nobody says what happened between two lives of the meter, or what was lost there.",
    });
    return;
  }
  // A start without a leaf saved registers, and the counter of starts says that there was one.
  const isPassedOver = leaf.bseq > before.bseq + 1;
  if (leaf.d.previousBoot !== before.boot && !isPassedOver) {
    answers.failed("boot reuse", {
      where: { leaf: index, field: "d.previousBoot" },
      expected: `${before.boot}, the boot of the leaf before`,
      found: leaf.d.previousBoot,
    });
  }
  if (leaf.boot === before.boot) checkMono({ index, before, leaf }, answers);
}

function checkWithin(pair: Pair, answers: Answers): void {
  const { index, before, leaf } = pair;
  if (leaf.boot !== before.boot) {
    answers.failed("boot reuse", {
      where: { leaf: index, field: "bseq" },
      expected: `${before.bseq + 1} in another boot`,
      found: String(leaf.bseq),
    });
    return;
  }
  if (leaf.typ === "RECOVERY") {
    answers.failed("boot reuse", {
      where: { leaf: index, field: "bseq" },
      expected: `${before.bseq + 1}: a recovery is a start`,
      found: String(leaf.bseq),
    });
  }
  checkMono(pair, answers);
}

function checkMono({ index, before, leaf }: Pair, answers: Answers): void {
  if (leaf.mono >= before.mono) return;
  answers.failed("time regression", {
    where: { leaf: index, field: "mono" },
    expected: `at least ${before.mono}, as in leaf ${index - 1}`,
    found: String(leaf.mono),
    means: "The monotonic clock of a boot ran backwards: hours were made up or taken back.",
  });
}

function checkWallTime({ index, before, leaf }: Pair, sure: Leaf, answers: Answers): void {
  const errors = (leaf.err ?? 0) + (sure.err ?? 0) + STEP_MS;
  const told = { where: { leaf: index, field: "utc" } };
  if (leaf.boot !== sure.boot) {
    // Between two boots any time may have passed, but none can have been given back.
    if (leaf.utc! + errors >= sure.utc!) return;
    answers.failed("time regression", {
      ...told,
      expected: `not before ${instant(sure.utc!)}, as leaf ${sure.seq} says`,
      found: instant(leaf.utc!),
    });
    return;
  }
  // What a step, an anchor or a gap explains was explained by that leaf or by the one before.
  if (explains(leaf) || explains(before) || sure.seq !== before.seq) return;
  const passedMs = leaf.mono - sure.mono;
  const movedMs = leaf.utc! - sure.utc! - passedMs;
  if (Math.abs(movedMs) <= errors + passedMs / SLEW_DIVISOR) return;
  answers.failed("time regression", {
    ...told,
    expected: `about ${instant(sure.utc! + passedMs)}, ${passedMs} ms after leaf ${sure.seq}`,
    found: instant(leaf.utc!),
  });
}

/**
 * What a start makes of saved registers names its own end of the boot before, which no leaf of that
 * boot confirms: the registers cannot have observed more than the wall clock passed.
 */
function checkPassed({ index, leaf }: Pair, sure: Leaf, answers: Answers): void {
  if (leaf.boot === sure.boot) return;
  const passedMs = leaf.utc! - sure.utc!;
  const observed = observedMs(leaf.regs) - observedMs(sure.regs);
  const errors = (leaf.err ?? 0) + (sure.err ?? 0) + STEP_MS;
  if (passedMs < 0 || observed <= passedMs + errors + passedMs / SLEW_DIVISOR) return;
  answers.failed("conservation", {
    where: { leaf: index, field: "regs" },
    expected: `at most ${passedMs} ms, which passed since leaf ${sure.seq}`,
    found: `${observed} ms in the registers`,
    means: `The registers hold ${observed - passedMs} ms that did not pass: the lessee would pay.`,
  });
}

function explains({ typ }: Leaf): boolean {
  return typ === "TIME_STEP" || typ === "ANCHOR" || typ === "GAP" || typ === "RECOVERY";
}

/** A date is never absent here: leaves have whole milliseconds. */
export function instant(utc: number): string {
  const date = new Date(utc);
  return Number.isNaN(date.getTime()) ? `${utc} ms` : date.toISOString();
}
