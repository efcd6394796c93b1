// A prognosis lives as long as the departure beside it.

import { expect, test } from "vitest";
import type { BaselineAnswer } from "./answer.ts";
import { Prognosis } from "./prognosis.ts";

const CALM: BaselineAnswer = {
  phase: "watching",
  operatingState: "WORKING",
  learned: 1,
  distance: 0,
  trend: 0,
  evidence: 0,
  departure: null,
  raised: false,
  notice: null,
  rebased: false,
};
const DEPARTED: BaselineAnswer = {
  ...CALM,
  departure: {
    operatingState: "WORKING",
    raisedAt: 0,
    since: 0,
    features: [],
    confidence: 0.7,
  },
};
const LIMIT = 3;
const growing = (index: number) => Math.exp(index / 150 + 0.01 * Math.sin(index));

test("nothing is said before a departure, then why not, then an interval", () => {
  const prognosis = new Prognosis(LIMIT);
  expect(prognosis.observe(1, CALM, 0)).toBeNull();
  expect(prognosis.observe(1, DEPARTED, 1)).toMatchObject({ kind: "cannot-tell" });
  let said = null;
  for (let index = 2; index < 120; index++)
    said = prognosis.observe(growing(index), DEPARTED, index);
  expect(said).toMatchObject({ kind: "interval", level: 0.8 });
});

test("another operating state tells nothing about the growth", () => {
  const prognosis = new Prognosis(LIMIT);
  let said = null;
  for (let index = 0; index < 120; index++) {
    prognosis.observe(100, { ...DEPARTED, operatingState: "IDLE" }, index);
    said = prognosis.observe(growing(index), DEPARTED, index);
  }
  expect(said).toMatchObject({ kind: "interval" });
});

test("a departure that is over takes its history along", () => {
  const prognosis = new Prognosis(LIMIT);
  for (let index = 0; index < 120; index++) prognosis.observe(growing(index), DEPARTED, index);
  expect(prognosis.observe(1, CALM, 120)).toBeNull();
  expect(prognosis.observe(1, DEPARTED, 121)).toMatchObject({ kind: "cannot-tell" });
});

test("goes on after a restart, and is refused where it does not fit", () => {
  const uncut = new Prognosis(LIMIT);
  for (let index = 0; index < 60; index++) uncut.observe(growing(index), DEPARTED, index);
  const kept: unknown = JSON.parse(JSON.stringify(uncut.state()));
  const restored = Prognosis.restore(LIMIT, kept, 0);
  if (!(restored instanceof Prognosis)) throw new Error(restored.refused);
  for (let index = 60; index < 120; index++) {
    const expected = uncut.observe(growing(index), DEPARTED, index);
    expect(restored.observe(growing(index), DEPARTED, index)).toEqual(expected);
  }
  expect(Prognosis.restore(LIMIT + 1, kept, 0)).toHaveProperty("refused");
  expect(Prognosis.restore(LIMIT, { version: 3 }, 0)).toHaveProperty("refused");
});
