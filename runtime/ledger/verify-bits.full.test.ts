// Any single bit of a statement's file, changed, is found and named: thousands of places all over
// it, and a bit of every byte of what is neither a leaf nor a figure.

import fc from "fast-check";
import { expect, test } from "vitest";
import { statementBytes, statementOf } from "../testing/ledger-forgery.ts";
import { shortLife } from "../testing/lived-life.ts";
import { type VerifyOptions, verifyStatement } from "./verify.ts";

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

test("thousands of bits anywhere", () => {
  const places = fc.tuple(fc.nat(bytes.length - 1), fc.nat(7));
  fc.assert(
    fc.property(places, ([at, bit]) => expectFound(at, bit)),
    { numRuns: 3_000 },
  );
});

test("every byte of the frame: proofs, period, keys, heads, names of members", () => {
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
  for (const at of frame) expectFound(at, at % 8);
});
