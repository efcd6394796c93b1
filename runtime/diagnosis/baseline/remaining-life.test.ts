// Remaining life: an interval where the growth is clear, otherwise the reason why none is told.

import { describe, expect, test } from "vitest";
import { SeededRandom, withSeed } from "../../testing/seeded-random.ts";
import { RemainingLife } from "./remaining-life.ts";

const INTERVAL_MS = 600_000;
const LIMIT = 2;

/** Follows an indicator from 1 on; `growth` of its logarithm per observation. */
function follow(random: SeededRandom, growth: number, observations: number, scatter = 0.05) {
  const life = new RemainingLife(LIMIT);
  for (let index = 0; index < observations; index++) {
    life.observe(Math.exp(growth * index + scatter * random.normal()), index * INTERVAL_MS);
  }
  return life;
}

describe("cannot be told", () => {
  const random = new SeededRandom(1);
  const cases = [
    { why: "from a few points", life: follow(random, 0.01, 23), reason: /23 of 24 points/ },
    { why: "of what does not grow", life: follow(random, 0, 500), reason: /does not grow/ },
    { why: "of what falls", life: follow(random, -0.002, 500), reason: /does not grow/ },
    {
      why: "when the limit is too far ahead",
      life: follow(random, 0.0005, 300, 0.001),
      reason: /too far ahead/,
    },
  ];
  test.each(cases)("$why", ({ life, reason }) => {
    expect(life.answer()).toEqual({
      kind: "cannot-tell",
      reason: expect.stringMatching(reason),
    });
  });

  test("of values that are none", () => {
    const life = new RemainingLife(LIMIT);
    for (let index = 0; index < 100; index++) {
      life.observe([0, -1, Number.NaN, Number.POSITIVE_INFINITY][index % 4]!, index);
    }
    expect(life.answer()).toMatchObject({ kind: "cannot-tell" });
  });
});

test("a limit that is reached is said to be", () => {
  expect(follow(new SeededRandom(2), 0.01, 90).answer()).toEqual({ kind: "reached" });
});

test("of a steady growth the interval holds the truth in most lives, and it is no point", () => {
  // Half of the way to the limit, which lies 350 observations from the onset.
  const growth = Math.log(LIMIT) / 350;
  const truth = 150 * INTERVAL_MS;
  let told = 0;
  let held = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const answer = follow(new SeededRandom(seed), growth, 200).answer();
    if (answer.kind !== "interval") continue;
    told += 1;
    expect(answer.toMs).toBeGreaterThan(answer.fromMs);
    if (answer.fromMs <= truth && truth <= answer.toMs) held += 1;
  }
  expect(told).toBeGreaterThan(150);
  expect(held / told).toBeGreaterThan(0.8);
});

test("the interval shrinks as the limit comes nearer", () => {
  const growth = Math.log(LIMIT) / 1_000;
  const width = (observations: number) => {
    const answer = follow(new SeededRandom(4), growth, observations, 0.02).answer();
    return answer.kind === "interval" ? answer.toMs - answer.fromMs : Number.NaN;
  };
  expect(width(950)).toBeLessThan(width(500));
});

test("is the same after a restart, in bounded memory", async () => {
  await withSeed((random) => {
    let cutOne = new RemainingLife(LIMIT);
    const uncut = new RemainingLife(LIMIT);
    const cut = random.integer(0, 5_000);
    for (let index = 0; index < 5_000; index++) {
      if (index === cut) {
        const kept = JSON.stringify(cutOne.state());
        expect(kept.length).toBeLessThan(6_000);
        const restored = RemainingLife.restore(LIMIT, JSON.parse(kept), 0);
        if (!(restored instanceof RemainingLife)) throw new Error(restored.refused);
        cutOne = restored;
      }
      const value = Math.exp(index / 8_000 + 0.05 * random.normal());
      cutOne.observe(value, index * INTERVAL_MS);
      uncut.observe(value, index * INTERVAL_MS);
    }
    expect(cutOne.answer()).toEqual(uncut.answer());
  });
});

describe("what was kept is refused", () => {
  const kept = follow(new SeededRandom(5), 0.001, 100).state();
  test.each([
    ["when it is nothing", null, /no state/],
    ["in another version", { ...kept, version: 2 }, /no state/],
    ["for another limit", { ...kept, limit: 1 }, /another limit/],
    ["when points are missing", { ...kept, times: kept.times.slice(1) }, /not whole/],
    ["when a number is none", { ...kept, lastMs: "soon" }, /not whole/],
  ])("%s", (_name, state, reason) => {
    const refused = RemainingLife.restore(LIMIT, state, 0);
    expect(refused).toHaveProperty("refused", expect.stringMatching(reason));
  });
});
