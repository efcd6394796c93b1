// A ledger whose file was lost goes on in another segment, which says what was known of the one
// before: the verifier says so, too.

import { parseCheckpoint } from "./checkpoint.ts";
import type { LeafOf } from "./leaf.ts";
import type { Statement } from "./statement.ts";
import type { Answers } from "./verdict.ts";
import { leavesOf, type StatementRecords } from "./verify-records.ts";

/** From 1; null where the origin is not one of the controller's. */
export function segmentOf({
  controller,
  origin,
}: Pick<Statement, "controller" | "origin">): number | null {
  const first = `telltale/usage/${controller}`;
  if (origin === first) return 1;
  const number = origin.startsWith(`${first}/`) ? origin.slice(first.length + 1) : "";
  return /^([2-9]|[1-9][0-9]{1,6})$/.test(number) ? Number(number) : null;
}

export function checkSegment(
  statement: Statement,
  records: StatementRecords,
  answers: Answers,
): void {
  const segment = segmentOf(statement);
  if (segment === null) {
    answers.notChecked("segment break", "The origin is not one of this controller's.");
    return;
  }
  const found = leavesOf(records).find(({ leaf }) => leaf.typ === "GENESIS");
  const genesis = found?.leaf as LeafOf<"GENESIS"> | undefined;
  if (genesis && genesis.d.segment !== segment) {
    answers.failed("segment break", {
      where: { leaf: found!.index, field: "d.segment" },
      expected: `${segment}, as in the origin`,
      found: String(genesis.d.segment),
    });
  }
  if (segment === 1) return;
  if (genesis === undefined) {
    answers.warning("segment break", {
      where: { field: "origin" },
      found: `segment ${segment}`,
      means:
        "The ledger was broken before this period; its beginning says how, and is not in the " +
        "statement.",
    });
    return;
  }
  const { brokenSize, brokenCheckpoint, reason } = genesis.d;
  const broken = brokenCheckpoint === undefined ? null : parseCheckpoint(brokenCheckpoint);
  if (typeof broken === "string" || (broken && broken.size !== brokenSize)) {
    answers.failed("segment break", {
      where: { leaf: found!.index, field: "d.brokenCheckpoint" },
      expected: `a tree head of ${brokenSize} leaves`,
      found: typeof broken === "string" ? `a text that ${broken}` : `one of ${broken!.size}`,
    });
  }
  answers.warning("segment break", {
    where: { leaf: found!.index },
    found: `segment ${segment}: ${reason ?? "no reason is given"}`,
    means:
      `The ledger before, of ${brokenSize ?? "unknown many"} leaves, ends there and is not in ` +
      "this statement: hours of before need a statement of that one.",
  });
}
