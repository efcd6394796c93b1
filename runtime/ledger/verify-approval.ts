// What both parties have to approve: the configuration and the code that counted, steps of the wall
// clock, and what power cuts took beyond the contract's bound.

import type { Leaf, LeafOf } from "./leaf.ts";
import type { Statement } from "./statement.ts";
import type { Answers } from "./verdict.ts";
import type { Terms } from "./verify-contract.ts";
import type { SignedInstruction } from "./verify-instructions.ts";
import type { StatementRecord } from "./verify-records.ts";

/** A step that is longer wants the parties' assent. */
const STEP_ASSENT_MS = 600_000;

export function checkApproval(
  { closing, period }: Statement,
  run: readonly StatementRecord[],
  { contract }: Terms,
  instructions: readonly SignedInstruction[],
  answers: Answers,
): void {
  const ofPeriod = run.flatMap(({ index, leaf }) => (leaf && index <= closing.index ? [leaf] : []));
  const assents = instructions.flatMap(({ instruction, isLessors, isLessees }) =>
    isLessors && isLessees ? [instruction] : [],
  );
  const { configurations, software } = contract.machine;
  const assentedTo = (kind: "assent-configuration" | "assent-software") =>
    assents.flatMap((assent) => (assent.kind === kind ? [assent.sha256] : []));
  checkHashes(ofPeriod, "cfg", configurations, assentedTo("assent-configuration"), answers);
  checkHashes(ofPeriod, "sw", software, assentedTo("assent-software"), answers);
  const steps = assents.flatMap((one) => (one.kind === "assent-time-step" ? [one.leaf] : []));
  checkSteps(ofPeriod, steps, answers);
  const isAssented = assents.some(
    (one) => one.kind === "assent-loss" && one.from <= period.from && one.to >= period.to,
  );
  checkLoss(ofPeriod, contract.lossBoundMs, isAssented, answers);
}

function checkHashes(
  leaves: readonly Leaf[],
  field: "cfg" | "sw",
  approved: readonly string[],
  assented: readonly string[],
  answers: Answers,
): void {
  const check = field === "cfg" ? "unapproved configuration" : "unknown software";
  const what = field === "cfg" ? "configuration" : "metering code";
  for (const [position, leaf] of leaves.entries()) {
    const before = leaves[position - 1];
    const isChanged = before !== undefined && before[field] !== leaf[field];
    if (isChanged && leaf.typ !== "CONFIG" && leaf.bseq === before.bseq) {
      answers.failed(check, {
        where: { leaf: leaf.seq, field },
        expected: `${before[field]}, or a CONFIG leaf`,
        found: leaf[field],
        means: `The ${what} changed under way without a record of it.`,
      });
    }
    if (before !== undefined && !isChanged) continue;
    const known = [...approved, ...assented];
    if (approved.length === 0 || known.includes(leaf[field])) continue;
    answers.failed(check, {
      where: { leaf: leaf.seq, field },
      expected: known.join(" or "),
      found: leaf[field],
    });
  }
  if (approved.length > 0) return;
  const found = [...new Set(leaves.map((leaf) => leaf[field]))].join(", ");
  const means = `The contract names no approved ${what}, so any is as good as another.`;
  answers.warning(check, { found, means });
}

function checkSteps(leaves: readonly Leaf[], assented: readonly number[], answers: Answers): void {
  for (const [position, leaf] of leaves.entries()) {
    if (leaf.typ !== "TIME_STEP" || Math.abs(leaf.d.byMs) <= STEP_ASSENT_MS) continue;
    if (assented.includes(leaf.seq)) continue;
    const told = {
      where: { leaf: leaf.seq, field: "d.byMs" },
      expected: `at most ${STEP_ASSENT_MS} ms, or the assent of both parties`,
      found: `${leaf.d.byMs} ms`,
    };
    // Nobody vouched for a clock that a source then corrected: that step made it right.
    const wasSure = leaves[position - 1]?.tq === "S";
    if (wasSure) answers.failed("time regression", told);
    else {
      const means = "A clock that nobody vouched for was set; hours before it are badly timed.";
      answers.warning("time regression", { ...told, means });
    }
  }
}

function checkLoss(
  leaves: readonly Leaf[],
  boundMs: number,
  isAssented: boolean,
  answers: Answers,
): void {
  // The first leaf's registers are the opening's: what was lost before it is of another period.
  const recoveries = leaves.slice(1).filter((leaf): leaf is LeafOf<"RECOVERY"> => {
    return leaf.typ === "RECOVERY";
  });
  const lostMs = recoveries.reduce((sum, { d }) => sum + d.lossBoundMs, 0);
  if (lostMs <= boundMs || isAssented) return;
  answers.failed("loss bound exceeded", {
    where: { leaf: recoveries.at(-1)!.seq, field: "d.lossBoundMs" },
    expected: `at most ${boundMs} ms, or the assent of both parties for the whole period`,
    found: `up to ${lostMs} ms in ${recoveries.length} recoveries`,
  });
}
