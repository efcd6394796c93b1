// What dates hours or hides them between two leaves: a witness's time that it did not sign, and a
// ledger that was silent.

import { expect, test } from "vitest";
import { type Forgery, forgeSegment, statementBytes } from "../testing/ledger-forgery.ts";
import { Life } from "../testing/ledger-life.ts";
import { HOUR_MS } from "../testing/ledger-parties.ts";
import { evidenceOf } from "../testing/ledger-segment.ts";
import { livedLife } from "../testing/lived-life.ts";
import { makeStatement } from "./figures.ts";
import type { Answer } from "./verdict.ts";
import { verifyStatement } from "./verify.ts";

interface Told {
  readonly of: Life;
  readonly from: number;
  readonly to: number;
  readonly witnesses?: Life["witnesses"];
}

function answersTo(
  edit: Forgery["edit"],
  { of: life, from, to, witnesses = life.witnesses }: Told,
): readonly Answer[] {
  const segment = forgeSegment(life, { edit, witnesses });
  const evidence = evidenceOf(segment, life.contract.zone, from, to);
  const whole = { ...life.evidence(from, to), ...evidence };
  const options = {
    now: life.utc,
    key: life.device.text,
    contract: { text: life.contractText },
  };
  const bytes = statementBytes(makeStatement(whole, life.contract));
  return verifyStatement(bytes, options).answers;
}

test("a witness's time on a leaf is the one that it signed", () => {
  const { life, period } = livedLife();
  const [first] = life.segment.leaves.filter(({ typ }) => typ === "COSIGNATURE");
  const answers = answersTo(
    (leaf) => {
      if (leaf.typ !== "COSIGNATURE" || leaf.seq !== first!.seq) return leaf;
      // The honest note stays, because nobody of this name signs it anew.
      return { ...leaf, d: { ...leaf.d, time: leaf.d.time + 3_600 } };
    },
    { of: life, ...period, witnesses: [] },
  );
  const about = answers.filter(({ where }) => where?.field === "d.time");
  expect(about).toMatchObject([
    { check: "signature", verdict: "failed", where: { leaf: first!.seq } },
  ]);
});

test("hours of one boot without a leaf are told", () => {
  const quiet = new Life({ cosignEveryMs: 0 }).boot().anchor().hire();
  const from = quiet.utc;
  quiet
    .run("WORKING", 3 * HOUR_MS)
    .run("OFF", 60_000)
    .cosign();
  const to = from + 2 * HOUR_MS;
  const told = (edit: Forgery["edit"]) =>
    answersTo(edit, { of: quiet, from, to }).filter(
      ({ check, where, verdict }) =>
        check === "chain gap" && where?.field === "mono" && verdict === "warning",
    );
  expect(told((leaf) => leaf)).toEqual([]);
  expect(told((leaf) => (leaf.typ === "TICK" ? null : leaf))).toHaveLength(1);
});
