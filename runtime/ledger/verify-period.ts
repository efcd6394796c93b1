// Whether a statement's figures are those of its period: the leaves reach from end to end, the
// zone's offsets are the zone's, and every figure follows from the records and the contract.

import { periodProblem } from "./account.ts";
import type { offsetsOf } from "./calendar.ts";
import { compareFigures } from "./compare-figures.ts";
import type { Contract } from "./contract.ts";
import { dateLeaves } from "./dating.ts";
import { figuresOf } from "./figures.ts";
import type { Statement, StatementFigures } from "./statement.ts";
import type { Answers } from "./verdict.ts";
import { instant } from "./verify-boots.ts";
import { leavesOf, type StatementRecords } from "./verify-records.ts";

/** Whether the leaves are those of the period, and the offsets those of the contract's zone. */
export function checkPeriod(
  { period, opening, closing }: Statement,
  contract: Contract | null,
  records: StatementRecords,
  zoneOffsets: typeof offsetsOf | null,
  answers: Answers,
): void {
  const problem = periodProblem(period);
  if (problem !== null) {
    answers.failed("tariff mismatch", { where: { field: "period" }, found: problem });
    return;
  }
  checkEnds({ period, opening, closing }, records, answers);
  if (contract === null || zoneOffsets === null) return;
  const told = { where: { field: "period.offsets" }, found: JSON.stringify(period.offsets) };
  let expected: string;
  try {
    expected = JSON.stringify(zoneOffsets(contract.zone, period.offsets[0]!.from, period.to));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const means = `This computer does not know the time zone ${contract.zone}.`;
    answers.warning("tariff mismatch", { ...told, means });
    return;
  }
  if (expected === JSON.stringify(period.offsets)) return;
  answers.failed("tariff mismatch", {
    ...told,
    expected: `${expected}, the offsets of ${contract.zone} by this computer`,
    means: "Hours may stand in another shift: one of the two has other data of the time zone.",
  });
}

function checkEnds(
  { period, opening, closing }: Pick<Statement, "period" | "opening" | "closing">,
  records: StatementRecords,
  answers: Answers,
): void {
  const listed = leavesOf(records);
  if (listed.length < records.run.length + records.earlier.length) return;
  const datings = new Map(
    dateLeaves(listed).map((dating, position) => {
      const { index, leaf } = listed[position]!;
      // What its own clock said everybody reads alike; what the boots around it say, not.
      const errorMs = leaf.utc === undefined ? (dating.errorMs ?? Number.POSITIVE_INFINITY) : 0;
      return [index, { utc: dating.utc, errorMs }];
    }),
  );
  const first = datings.get(opening.index);
  if (isDated(first) && first.utc > period.from && opening.index > 0) {
    answer(first.utc - first.errorMs > period.from, {
      where: { leaf: opening.index, field: "opening" },
      expected: `a leaf of ${instant(period.from)} or before, where the period begins`,
      found: instant(first.utc),
      means: "The beginning of the period is missing from the statement.",
    });
  }
  const last = datings.get(closing.index);
  if (!isDated(last) || last.utc >= period.to) return;
  const told = {
    where: { leaf: closing.index, field: "closing" },
    expected: `a leaf of ${instant(period.to)} or after, where the period ends`,
    found: instant(last.utc),
  };
  if (datings.has(closing.index + 1)) {
    const means = "The end of the period is missing from the statement.";
    answer(last.utc + last.errorMs < period.to, { ...told, means });
    return;
  }
  const means = "The ledger ended before the period did: what came after it is not billed here.";
  answers.warning("chain gap", { ...told, means });

  /** In a boot without a clock the maker of a statement knows more of the boots around it. */
  function answer(isSure: boolean, said: Parameters<Answers["failed"]>[1]): void {
    if (isSure) answers.failed("chain gap", said);
    else answers.warning("chain gap", { ...said, means: "The leaf's date is not sure enough." });
  }
}

interface EndDating {
  readonly utc: number | null;
  readonly errorMs: number;
}

function isDated(end: EndDating | undefined): end is EndDating & { readonly utc: number } {
  return end !== undefined && end.utc !== null;
}

export function checkFigures(
  { opening, closing, period, assents, figures }: Statement,
  { run, earlier }: StatementRecords,
  contract: Contract,
  contractSha256: string,
  answers: Answers,
): StatementFigures | null {
  const all = leavesOf({ run, earlier });
  if (all.length < run.length + earlier.length || periodProblem(period) !== null) {
    answers.notChecked("tariff mismatch", "Records are missing or broken: nothing follows.");
    return null;
  }
  const leaves = all.filter(({ index }) => index >= opening.index).map(({ leaf }) => leaf);
  try {
    const computed = figuresOf({
      leaves,
      firstIndex: opening.index,
      earlier: all.filter(({ index }) => index < opening.index),
      contract,
      contractSha256,
      period,
      assents,
    });
    compareFigures(computed, figures, answers);
    return computed;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    answers.failed("tariff mismatch", { where: { leaf: closing.index }, found: error.message });
    return null;
  }
}
