// All leaves of a life, as the verifier of statements sees them: chain, counters, registers and
// clocks between each leaf and the next.

import { utf8 } from "../../runtime/ledger/bytes.ts";
import { parseLeaf } from "../../runtime/ledger/leaf.ts";
import { leafHash } from "../../runtime/ledger/merkle.ts";
import { type Answer, Answers } from "../../runtime/ledger/verdict.ts";
import { checkChain } from "../../runtime/ledger/verify-chain.ts";
import type { StatementRecord } from "../../runtime/ledger/verify-records.ts";

/** Leaves around a broken rule that a failure shows. */
const SHOWN_BEFORE = 2;

/** The first thing that the verifier would refuse, with the leaves around it; null: nothing. */
export function brokenRuleOf(texts: readonly string[]): object | null {
  const answers = new Answers();
  const run: StatementRecord[] = [];
  for (const [index, text] of texts.entries()) {
    const leaf = parseLeaf(text);
    if (typeof leaf === "string") return { index, leaf };
    run.push({ index, hash: leafHash(utf8(text)), leaf });
  }
  checkChain(run, answers);
  const failed = answers.all().find(({ verdict }: Answer) => verdict === "failed");
  if (failed === undefined) return null;
  const at = failed.where?.leaf ?? 0;
  const around = run.slice(Math.max(0, at - SHOWN_BEFORE), at + 1);
  const leaves = around.map(({ leaf }) => {
    const { typ, boot, bseq, mono, utc, tq, err, evc, d } = leaf!;
    return { typ, boot, bseq, mono, utc, tq, err, evc, d };
  });
  return { failed, leaves };
}
