// Any single bit of a statement's file, changed, is found and named: places all over it, and bytes
// of all that is neither a leaf nor a figure, others at each run.

import fc from "fast-check";
import { expect, test } from "vitest";
import { statementBytes, statementOf } from "../testing/ledger-forgery.ts";
import { shortLife } from "../testing/lived-life.ts";
import { type VerifyOptions, verifyStatement } from "./verify.ts";

/** Each takes some 40 ms: all bytes of the frame would take minutes. */
const STRIDE = 6;

const { life, period } = shortLife();
const assents = [life.instruction("assent-software", { sha256: "d".repeat(64) })];
const statement = { ...statementOf(life, period.from, period.to), assents };
const bytes = statementBytes(statement);
const pins: VerifyOptions = {
  now: life.utc,
  key: life.device.text,
  contract: { text: life.contractText },
};

function verdictWith(at: number, bit: number) {
  const changed = bytes.slice();
  changed[at]! ^= 1 << bit;
  const { valid, answers } = verifyStatement(changed, pins);
  return { valid, failed: answers.filter(({ verdict }) => verdict === "failed") };
}

function expectFound(at: number, bit: number): void {
  const { valid, failed } = verdictWith(at, bit);
  expect([at, bit, valid, failed.length > 0]).toEqual([at, bit, false, true]);
}

test("the statement is valid as it is", () => {
  expect(verifyStatement(bytes, pins).valid).toBe(true);
});

test("six hundred bits anywhere", () => {
  const places = fc.tuple(fc.nat(bytes.length - 1), fc.nat(7));
  fc.assert(
    fc.property(places, ([at, bit]) => expectFound(at, bit)),
    { numRuns: 600 },
  );
});

test("the frame, a byte of each six: proofs, period, keys, heads, names of members", () => {
  const text = new TextDecoder("latin1").decode(bytes);
  const parts = [
    [0, text.indexOf('"checkpoints":') + 20],
    [text.indexOf('"closing":'), text.indexOf('"contract":{')],
    [text.indexOf('"controller":'), text.indexOf('"earlier":') + 12],
    [text.indexOf('},"frontier":['), text.indexOf('"leaves":[') + 12],
    [text.lastIndexOf('],"opening":{'), text.length],
  ] as const;
  const frame = parts.flatMap(([from, to]) =>
    Array.from({ length: to - from }, (_, at) => from + at),
  );
  expect(frame.length).toBeGreaterThan(2_000);
  const first = fc.sample(fc.nat(STRIDE - 1), 1)[0]!;
  for (let place = first; place < frame.length; place += STRIDE) {
    expectFound(frame[place]!, place % 8);
  }
});
