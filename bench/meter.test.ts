// The three meters of the benchmark: what each makes of the same life.

import { expect, test } from "vitest";
import { SeededRandom } from "../runtime/testing/seeded-random.ts";
import { MeteredLife, type Trial } from "./meter-life.ts";

const HOUR_MS = 3_600_000;
const QUIET: Trial = { cuts: 0, steps: 0, zone: "UTC" };

function errorsOf(trial: Trial, seed = 3) {
  return new MeteredLife(new SeededRandom(seed), 200 * HOUR_MS, trial).errors();
}

test("without cuts ours is exact, and so is a wall clock that nobody sets", async () => {
  const errors = await errorsOf(QUIET);
  expect(errors).toMatchObject({ ours: 0, "wall-clock differences": 0 });
  expect(errors["history sampled each minute"]).not.toBe(0);
});

test("steps of the wall clock change what a wall clock meters, and nothing of ours", async () => {
  const errors = await errorsOf({ ...QUIET, steps: 20 });
  expect(errors.ours).toBe(0);
  expect(errors["wall-clock differences"]).not.toBe(0);
});

test("after cuts ours lacks up to 10 s each; a wall clock counts too much", async () => {
  const errors = await errorsOf({ ...QUIET, cuts: 40 });
  expect(errors.ours).toBeLessThanOrEqual(0);
  expect(errors.ours).toBeGreaterThan(-40 * 10_000);
  expect(errors["wall-clock differences"]).toBeGreaterThan(0);
});
